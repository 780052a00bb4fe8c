import { AppError, type AttemptRef, type NodeConfig } from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import {
  type ConfigEntry,
  createClientAddress,
  createClosers,
  createMetrics,
  createPeerClient,
  type Listening,
  type Logger,
  listen,
  lockDataDirectory,
  systemClock,
} from '@longshore/runtime';
import { createArchiveThreads } from './archive/threads/archive-threads.ts';
import type { SlaveConfig } from './config.ts';
import { createExecute, executors } from './executors/executors.ts';
import { createPreviewArchive } from './executors/preview-archive.ts';
import { createApp } from './http/create-app.ts';
import { createAcceptAttempts } from './inbox/accept-attempts.ts';
import { createHeedHeartbeat } from './inbox/heed-heartbeat.ts';
import { resumeAttempts } from './inbox/resume-attempts.ts';
import { createStopAttempts } from './inbox/stop-attempts.ts';
import { forgetOld } from './journal/forget-old.ts';
import { openJournal } from './journal/open-journal.ts';
import { addSlaveGauges, createSlaveMeter } from './metrics/slave-metrics.ts';
import { createAttemptQueue } from './queue/attempt-queue.ts';
import { createExecuteAttempt } from './queue/execute-attempt.ts';
import type { SettingInForce } from './reload/config-changes.ts';
import { createAttemptReports } from './report/attempt-reports.ts';
import { effectiveSettings } from './report/effective-settings.ts';
import { createMasters } from './report/masters.ts';
import { createReadVitals } from './report/node-vitals.ts';
import { createSelfTest } from './report/self-test.ts';
import { createLocalStore } from './storage/local-store.ts';
import { storeDisks } from './storage/store-disks.ts';
import { createTempFolders } from './storage/temp-folders.ts';
import { createBandwidth } from './transfer/bandwidth.ts';
import { createBlobHttp } from './transfer/blob-http.ts';
import { createBlobIds } from './transfer/blob-ids.ts';
import { createBlobSink } from './transfer/blob-sink.ts';
import { createOpenBlob } from './transfer/open-blob.ts';
import { createStoredOutputs } from './transfer/stored-outputs.ts';

/** The part of the configuration that a running slave takes anew. */
export type LiveConfig = Pick<
  SlaveConfig,
  'logLevel' | 'secrets' | 'cors' | 'workers' | 'retry' | 'maxBandwidth' | 'minFreeBytes'
>;

export type Slave = {
  /** Of the first place with a port; null when it listens on a unix socket only. */
  readonly port: number | null;
  /** Where it listens, for people. */
  readonly places: readonly string[];
  /** Puts in force what can change while it runs, and reads the certificate again. Throws `CONFIG_INVALID` for that. */
  reload(next: { config: LiveConfig; entries: readonly SettingInForce[] }): void;
  /** Tells administrators that the file says something else than what is in force, and why. */
  reloadRefused(reason: string): void;
  /**
   * Takes nothing new, lets work run on for `graceMs`, and gives the rest back to the master; without `giveBack`
   * it stays in the journal for the next start. Resolves when everything is closed.
   */
  stop(options: { graceMs: number; giveBack: boolean }): Promise<void>;
};

const flushTimeoutMs = 5000;
const announceTimeoutMs = 1000;
const requestTimeoutMs = 60_000;
/** An answer that is being written has a moment; a peer that reads nothing has not. */
const closeGraceMs = 2000;
/** A master that is away while its secret is replaced has so long to come back to its work. */
const keepWithoutKeyMs = 2 * 60 * 1000;
const cleanEveryMs = 10 * 60 * 1000;

/** The whole slave, wired. Resolves when it listens. `entries` tell people of the configuration. */
export async function startSlave(
  { config, entries }: { config: SlaveConfig; entries: readonly ConfigEntry[] },
  log: Logger,
): Promise<Slave> {
  const closers = createClosers((name, error) => log.error({ err: error, name }, 'closing failed'));
  try {
    return await open();
  } catch (error) {
    await closers.close();
    throw error;
  }

  async function open(): Promise<Slave> {
    const clock = systemClock;
    const lock = lockDataDirectory(config.dataPath);
    closers.add('lock', () => lock.release());
    const journal = openJournal(lock.directory);
    closers.add('journal', () => journal.close());
    const { callbackTimeoutMs, signatureTtlSeconds } = config;
    // What `reload` replaces; whoever depends on it asks again each time.
    let live: LiveConfig = config;
    let settings: readonly SettingInForce[] = entries.map((entry) => ({ ...entry, pending: null }));
    let refusedEdit: NodeConfig['refusedEdit'] = null;
    const peers = createPeerClient({ clock, signatureTtlSeconds });
    closers.add('connections to masters', () => peers.close());
    const http = createBlobHttp({
      bandwidth: createBandwidth({ limit: () => live.maxBandwidth, clock }),
    });
    closers.add('connections for blobs', () => http.close());
    const threads = createArchiveThreads({
      size: config.compressionThreads,
      maxExecutionMs: () => live.retry.maxExecutionMs,
    });
    closers.add('archive threads', () => threads.close());

    const keys = new Map(config.secrets.map(signingKey).map((key) => [key.keyId, key]));
    const stores = new Map(Object.entries(config.stores).map(([id, root]) => [id, createLocalStore(root)]));
    const tempFolders = createTempFolders({
      tempPath: config.tempPath,
      dataPath: lock.directory,
      minFreeBytes: () => live.minFreeBytes,
    });
    const metrics = createMetrics();
    const meter = createSlaveMeter(metrics);
    const openBlob = createOpenBlob({ stores, http });
    const nextId = createBlobIds();

    let stopping = false;
    const bootId = crypto.randomUUID();
    const readVitals = createReadVitals({
      clock,
      bootId,
      tempSpace: () => tempFolders.space(),
      storeDisks: () => storeDisks(config.stores),
      workers: () => live.workers,
      capabilities: Object.keys(executors) as (keyof typeof executors)[],
      queueDepth: () => queue.depth(),
      isStopping: () => stopping,
    });
    const reports = createAttemptReports({
      journal,
      clock,
      log,
      onReport: (keyId, when) => masters.wake(keyId, when),
    });
    const masters = createMasters({
      keys,
      journal,
      peers,
      reports,
      readVitals,
      bootId,
      callbackTimeoutMs,
      clock,
      log,
      keepWithoutKeyMs,
      onLeaseLost: async (keyId: string, ref: AttemptRef) => {
        await stopAttempts(keyId, [{ ...ref, reason: 'lease-lost' }]);
      },
      onHeartbeat: (keyId, answer, held) => heedHeartbeat(keyId, answer, held),
    });
    closers.add('masters', () => masters.close());
    const executeAttempt = createExecuteAttempt({
      masters,
      reports,
      tempFolders,
      storedOutputs: createStoredOutputs(journal),
      meter,
      execute: createExecute({
        threads,
        openBlob,
        openSink: ({ attempt, link, meter }) =>
          createBlobSink({ attempt, link, stores, http, clock, nextId, meter }),
        clock,
      }),
    });
    const queue = createAttemptQueue({
      workers: config.workers,
      policy: config.retry,
      reports,
      executeAttempt,
      meter,
      clock,
      log,
      random: Math.random,
    });
    const { isSameMaster } = masters;
    const stopAttempts = createStopAttempts({ journal, queue, reports, isSameMaster });
    const heedHeartbeat = createHeedHeartbeat({ queue, stopAttempts });

    const refusal = (keyId: string): AppError | null => {
      if (stopping) return new AppError('SHUTTING_DOWN', 'the slave is stopping');
      if (masters.find(keyId) !== undefined) return null;
      return new AppError('UNAVAILABLE', 'the master has not said hello to this slave yet');
    };
    if (config.metricsToken !== undefined) {
      const gauges = addSlaveGauges(metrics, {
        readVitals,
        outboxDepth: journal.outbox.count,
      });
      closers.add('metrics', gauges.stop);
    }
    const app = createApp({
      metrics,
      metricsToken: config.metricsToken,
      keys,
      nonces: journal.nonces,
      clock,
      maxSkewMs: config.maxSkewMs,
      signatureTtlSeconds,
      log,
      corsRules: () => live.cors,
      clientAddress: createClientAddress({ ...config, header: config.proxyHeader }),
      masters,
      readVitals,
      acceptAttempts: createAcceptAttempts({ journal, queue, clock, isSameMaster, refusal }),
      stopAttempts,
      previewArchive: createPreviewArchive({ threads, openBlob, tempFolders, meter }),
      selfTest: createSelfTest({
        peers,
        readVitals,
        tempRoot: tempFolders.root,
        clock,
        timeoutMs: callbackTimeoutMs,
      }),
      nodeConfig: (keyId) => ({
        settings: effectiveSettings(settings, masters.find(keyId)?.hello()),
        refusedEdit,
      }),
      callbackTimeoutMs,
    });

    const replaceKeys = (secrets: readonly string[]): void => {
      const next = new Map(secrets.map(signingKey).map((key) => [key.keyId, key]));
      const removed = [...keys.keys()].filter((keyId) => !next.has(keyId));
      for (const keyId of removed) keys.delete(keyId);
      for (const [keyId, key] of next) keys.set(keyId, key);
      for (const keyId of removed) masters.keyRemoved(keyId);
    };

    await forgetOld(journal, clock);
    await resumeAttempts({ journal, queue, tempFolders, stores, log });
    const servers: Listening[] = [];
    for (const place of config.listen) {
      const server = await listen(app, { place, requestTimeoutMs });
      closers.add(`http at ${server.name}`, () => server.close(closeGraceMs));
      servers.push(server);
    }
    masters.start();
    const cleaning = setInterval(() => {
      forgetOld(journal, clock).catch((error: unknown) =>
        log.error({ err: error }, 'the journal cannot be cleaned'),
      );
    }, cleanEveryMs);
    closers.add('cleaning', () => clearInterval(cleaning));
    return {
      port: servers.map(({ port }) => port).find((port) => port !== null) ?? null,
      places: servers.map(({ name }) => name),
      reload: (next) => {
        for (const server of servers) server.renewCertificate();
        live = next.config;
        settings = next.entries;
        refusedEdit = null;
        const { workers, retry: policy, logLevel } = live;
        log.level = logLevel;
        masters.setLogLevel(logLevel);
        replaceKeys(live.secrets);
        queue.reconfigure({ workers, policy, logLevel });
      },
      reloadRefused: (reason) => {
        refusedEdit = { atMs: clock.nowMs(), reason };
      },
      stop: async ({ graceMs, giveBack }) => {
        stopping = true;
        // Otherwise what is given back comes again.
        if (giveBack) await masters.announce(announceTimeoutMs);
        await queue.shutdown({ graceMs, giveBack });
        if (giveBack && !(await masters.flushed(flushTimeoutMs))) {
          log.warn({}, 'some reports could not be sent, they are sent after the next start');
        }
        await closers.close();
      },
    };
  }
}
