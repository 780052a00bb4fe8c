import { DispatchAnswer, slaveRoutes } from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import { createPeerClient, systemClock } from '@longshore/runtime';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import type { SlaveConfig } from '../config.ts';
import { startSlave } from '../slave.ts';
import { fakeSecret } from './fake-master.ts';
import { silentLog } from './silent-log.ts';
import { tempFolder } from './temp-folder.ts';

/** A configuration that starts on a free port, with small delays. */
export const testConfig = (dataPath: string, fields: Partial<SlaveConfig> = {}): SlaveConfig => ({
  listen: [{ type: 'http', address: { host: '127.0.0.1', port: 0 } }],
  cors: { origins: [], methods: [], headers: [], exposedHeaders: [], credentials: false },
  proxyHeader: 'x-forwarded-for',
  trustedProxies: [],
  trustedCertificates: undefined,
  logLevel: 'silent',
  logFormat: 'json',
  gracePeriodMs: 1000,
  secrets: [fakeSecret],
  callbackTimeoutMs: 5000,
  signatureTtlSeconds: 60,
  maxSkewMs: 60_000,
  maxBandwidth: 0,
  compressionThreads: 2,
  minFreeBytes: 0,
  dataPath,
  tempPath: `${dataPath}/temp`,
  workers: 4,
  metricsToken: undefined,
  retry: { maxRetries: 5, maxExecutionMs: 60_000, backoff: { delayMs: 20, factor: 2, maxMs: 1000 } },
  stores: {},
  ...fields,
});

/** A slave inside the test's process, and a master's way to talk to it. */
export async function startTestSlave(fields: Partial<SlaveConfig> = {}) {
  const slave = await startSlave(
    { config: testConfig(fields.dataPath ?? tempFolder(), fields), entries: [] },
    silentLog,
  );
  let stopped: Promise<void> | undefined;
  const stop = (giveBack = true): Promise<void> => {
    stopped ??= slave.stop({ graceMs: 0, giveBack });
    return stopped;
  };
  onTestFinished(() => stop(false));
  return { url: `http://127.0.0.1:${slave.port}`, stop };
}

/** Sends one signed request to a slave, as its master does. */
export async function askSlave<Schema extends z.ZodType>(
  url: string,
  path: string,
  body: unknown,
  response: Schema,
): Promise<z.output<Schema>> {
  const peers = createPeerClient({ clock: systemClock, signatureTtlSeconds: 60 });
  try {
    const key = signingKey(fakeSecret);
    const call = {
      baseUrl: url,
      key,
      path,
      body,
      response,
      requestId: 'request-of-a-test',
      timeoutMs: 10_000,
    };
    return (await peers.call(call)).data;
  } finally {
    peers.close();
  }
}

export const dispatch = (url: string, ...attempts: unknown[]): Promise<DispatchAnswer> =>
  askSlave(url, slaveRoutes.attempts, { attempts }, DispatchAnswer);
