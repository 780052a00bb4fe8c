import { setTimeout as delay } from 'node:timers/promises';
import type { AttemptRef, HeartbeatAnswer, Hello } from '@longshore/protocol';
import type { SigningKey } from '@longshore/protocol/server';
import type { Clock, Logger, LogLevel, PeerClient } from '@longshore/runtime';
import type { Journal } from '../journal/open-journal.ts';
import type { AttemptReports } from './attempt-reports.ts';
import { createHeartbeats, type Heartbeats } from './heartbeats.ts';
import { createMasterLink, type MasterLink } from './master-link.ts';
import type { ReadVitals } from './node-vitals.ts';
import { createReportSender, type ReportSender } from './report-sender.ts';

/** The masters that have said hello, by the key they sign with; each gets heartbeats and reports. */
export type Masters = {
  /** Begins to talk to the masters of the journal. */
  start(): void;
  hello(key: SigningKey, hello: Hello): Promise<void>;
  find(keyId: string): MasterLink | undefined;
  isSameMaster: IsSameMaster;
  /** Ends the talk with the master of a key that is not valid any more. */
  forget(keyId: string): Promise<void>;
  setLogLevel(level: LogLevel): void;
  /** Tells every master the present vitals at once. Resolves when all know, at the latest after `timeoutMs`. */
  announce(timeoutMs: number): Promise<void>;
  /** There is a report to send, at once or with those that follow within a moment. */
  wake(keyId: string, when: 'now' | 'soon'): void;
  /** Resolves true when every report is acknowledged, false when that takes longer. */
  flushed(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
};

/** True for one key, and for two keys of one master: it changes its key while work of the old one still runs. */
export type IsSameMaster = (keyId: string, otherKeyId: string) => boolean;

type Session = { link: MasterLink; sender: ReportSender; heartbeats: Heartbeats; log: Logger };

export function createMasters(options: {
  keys: ReadonlyMap<string, SigningKey>;
  journal: Journal;
  peers: PeerClient;
  reports: AttemptReports;
  readVitals: ReadVitals;
  bootId: string;
  callbackTimeoutMs: number;
  clock: Clock;
  log: Logger;
  onLeaseLost: (keyId: string, ref: AttemptRef) => Promise<void>;
  onHeartbeat: (keyId: string, answer: HeartbeatAnswer, held: readonly AttemptRef[]) => Promise<void>;
}): Masters {
  const { journal, reports, readVitals } = options;
  const sessions = new Map<string, Session>();

  function open(key: SigningKey, hello: Hello): void {
    const log = options.log.child({ masterId: hello.masterId, nodeId: hello.nodeId });
    const { keyId } = key;
    const link = createMasterLink({ key, hello, peers: options.peers, timeoutMs: options.callbackTimeoutMs });
    const sender = createReportSender({
      link,
      journal,
      reports,
      bootId: options.bootId,
      log,
      onLeaseLost: (ref) => options.onLeaseLost(keyId, ref),
    });
    const heartbeats = createHeartbeats({
      link,
      readVitals,
      holding: () => journal.attempts.held(keyId),
      onAnswer: async (answer, held) => {
        sender.retryNow();
        await options.onHeartbeat(keyId, answer, held);
      },
      clock: options.clock,
      log,
    });
    sessions.set(keyId, { link, sender, heartbeats, log });
  }

  return {
    start: () => {
      for (const { keyId, hello } of journal.masters.all()) {
        const key = options.keys.get(keyId);
        if (key !== undefined) open(key, hello);
        else
          options.log.warn(
            { masterId: hello.masterId },
            'the secret was changed, this master is not known any more',
          );
      }
    },
    hello: async (key, hello) => {
      const known = sessions.get(key.keyId)?.link.hello();
      if (known !== undefined && isSame(known, hello)) return;
      await journal.write(() => journal.masters.save(key.keyId, hello));
      options.log.info(
        { masterId: hello.masterId, nodeName: hello.nodeName, urls: hello.masterUrls },
        'master says hello',
      );
      const session = sessions.get(key.keyId);
      if (session === undefined) return open(key, hello);
      session.link.update(hello);
      session.heartbeats.beatNow();
      session.sender.retryNow();
    },
    find: (keyId) => sessions.get(keyId)?.link,
    isSameMaster: (keyId, otherKeyId) => {
      if (keyId === otherKeyId) return true;
      // From the journal: a key that is not valid any more has no session, but work that came with it.
      const masterIds = new Map(journal.masters.all().map((row) => [row.keyId, row.hello.masterId]));
      const masterId = masterIds.get(keyId);
      return masterId !== undefined && masterId === masterIds.get(otherKeyId);
    },
    forget: async (keyId) => {
      const session = sessions.get(keyId);
      sessions.delete(keyId);
      await Promise.all([session?.sender.close(), session?.heartbeats.close()]);
    },
    setLogLevel: (level) => {
      for (const { log } of sessions.values()) log.level = level;
    },
    announce: async (timeoutMs) => {
      const told = Promise.all([...sessions.values()].map(({ heartbeats }) => heartbeats.told()));
      await Promise.race([told, delay(timeoutMs)]);
    },
    wake: (keyId, when) => {
      const sender = sessions.get(keyId)?.sender;
      if (when === 'now') sender?.wake();
      else sender?.wakeSoon();
    },
    flushed: async (timeoutMs) => {
      const deadline = AbortSignal.timeout(timeoutMs);
      for (const { sender } of sessions.values()) sender.retryNow();
      const isEmpty = (): boolean => [...sessions.keys()].every((keyId) => journal.outbox.isEmpty(keyId));
      while (!isEmpty()) {
        if (deadline.aborted) return false;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return true;
    },
    close: async () => {
      await Promise.all(
        sessions.values().flatMap(({ sender, heartbeats }) => [sender.close(), heartbeats.close()]),
      );
    },
  };
}

const isSame = (a: Hello, b: Hello): boolean => JSON.stringify(a) === JSON.stringify(b);
