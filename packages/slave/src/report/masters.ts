import { setTimeout as delay } from 'node:timers/promises';
import {
  AppError,
  type AttemptRef,
  CallbackAnswer,
  type HeartbeatAnswer,
  type Hello,
  masterRoutes,
} from '@longshore/protocol';
import type { SigningKey } from '@longshore/protocol/server';
import type { Clock, Logger, LogLevel, PeerClient } from '@longshore/runtime';
import type { Journal } from '../journal/open-journal.ts';
import type { AttemptReports } from './attempt-reports.ts';
import { createHeartbeats, type Heartbeats } from './heartbeats.ts';
import { createMasterLink, type MasterLink } from './master-link.ts';
import type { ReadVitals } from './node-vitals.ts';
import { createReportSender, type ReportSender } from './report-sender.ts';

/**
 * The masters that have said hello, by the key they sign with; each gets heartbeats and reports. When a key takes the
 * place of another, the master is asked under it, or says hello with it; all that was its under the older one, in the
 * journal and in the process, goes over to the new one then.
 */
export type Masters = {
  /** Begins to talk to the masters of the journal. */
  start(): void;
  hello(key: SigningKey, hello: Hello): Promise<void>;
  /** By the key in use or one before it. */
  find(keyId: string): MasterLink | undefined;
  /** As `find`, for a request: its key may have taken the place of another just now. */
  meet(keyId: string): Promise<MasterLink | undefined>;
  isSameMaster: IsSameMaster;
  /**
   * A key is not valid any more. While there is one that may have taken its place, the work of its master is kept for a
   * while; else, and after that, it is given up.
   */
  keyRemoved(keyId: string): void;
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
  /** How long the work of a master is kept that cannot be reached with a new key. */
  keepWithoutKeyMs: number;
  onLeaseLost: (keyId: string, ref: AttemptRef) => Promise<void>;
  onHeartbeat: (keyId: string, answer: HeartbeatAnswer, held: readonly AttemptRef[]) => Promise<void>;
}): Masters {
  const { journal, reports, readVitals, keys, peers, callbackTimeoutMs: timeoutMs } = options;
  /** By every key that they have had. */
  const sessions = new Map<string, Session>();
  const open = (): Session[] => [...new Set(sessions.values())];
  const givingUp = new Map<string, NodeJS.Timeout>();

  const nobodys = (): SigningKey[] =>
    keys
      .values()
      .filter(({ keyId }) => !sessions.has(keyId))
      .toArray();

  /** Everything of the older keys belongs to `key` from now on. */
  async function succeed(formerIds: readonly string[], key: SigningKey, hello: Hello): Promise<void> {
    await journal.write(() => {
      for (const formerId of formerIds) {
        journal.attempts.changeKey(formerId, key.keyId);
        journal.outbox.changeKey(formerId, key.keyId);
        journal.masters.changeKey(formerId, key.keyId);
      }
      journal.masters.save(key.keyId, hello);
    });
    for (const formerId of formerIds) {
      clearTimeout(givingUp.get(formerId));
      givingUp.delete(formerId);
    }
    const session = formerIds.map((formerId) => sessions.get(formerId)).find((found) => found !== undefined);
    if (session === undefined) return;
    session.link.replaceKey(key);
    sessions.set(key.keyId, session);
    session.log.info({ keyId: key.keyId }, 'a new secret took the place of another, its work goes on');
    session.heartbeats.beatNow();
    session.sender.wake();
  }

  /** Asks with something harmless: the key may be of another master, for which this one could keep what it was sent. */
  async function findKey(session: () => Session, baseUrl: string): Promise<boolean> {
    for (const key of nobodys()) {
      const call = { baseUrl, key, path: masterRoutes.callback, response: CallbackAnswer, timeoutMs };
      try {
        await peers.call({ ...call, requestId: crypto.randomUUID() });
      } catch (error) {
        if (error instanceof AppError && error.code === 'KEY_UNKNOWN') continue;
        throw error;
      }
      const { link } = session();
      await succeed([link.keyId], key, link.hello());
      return true;
    }
    return false;
  }

  async function giveUp(keyId: string): Promise<void> {
    givingUp.delete(keyId);
    const session = sessions.get(keyId);
    for (const [known, other] of sessions) if (other === session) sessions.delete(known);
    options.log.info({ keyId }, 'a secret was removed, the work of its master is dropped');
    await Promise.all([
      session?.sender.close(),
      session?.heartbeats.close(),
      ...journal.attempts.held(keyId).map((ref) => options.onLeaseLost(keyId, ref)),
    ]);
  }

  function keyRemoved(keyId: string): void {
    const give = (): void => {
      giveUp(keyId).catch((error: unknown) =>
        options.log.error({ err: error, keyId }, 'a master could not be forgotten'),
      );
    };
    if (nobodys().length === 0) {
      give();
      return;
    }
    clearTimeout(givingUp.get(keyId));
    givingUp.set(keyId, setTimeout(give, options.keepWithoutKeyMs));
    sessions.get(keyId)?.heartbeats.beatNow();
  }

  function openSession(key: SigningKey, hello: Hello, lostKeyIds: readonly string[]): void {
    const log = options.log.child({ masterId: hello.masterId, nodeId: hello.nodeId });
    const link = createMasterLink({
      key,
      hello,
      peers,
      timeoutMs,
      lostKeyIds,
      renewal: { isValid: (keyId) => keys.has(keyId), find: (baseUrl) => findKey(() => session, baseUrl) },
    });
    const sender = createReportSender({
      link,
      journal,
      reports,
      bootId: options.bootId,
      log,
      onLeaseLost: (ref) => options.onLeaseLost(link.keyId, ref),
    });
    const heartbeats = createHeartbeats({
      link,
      readVitals,
      holding: () => journal.attempts.held(link.keyId),
      onAnswer: async (answer, held) => {
        sender.retryNow();
        await options.onHeartbeat(link.keyId, answer, held);
      },
      clock: options.clock,
      log,
    });
    const session: Session = { link, sender, heartbeats, log };
    for (const keyId of [key.keyId, ...lostKeyIds]) sessions.set(keyId, session);
  }

  return {
    start: () => {
      const known = journal.masters.all();
      for (const { keyId, hello } of known) {
        const key = keys.get(keyId);
        if (key !== undefined) openSession(key, hello, []);
      }
      for (const { keyId, hello } of known) {
        if (keys.has(keyId)) continue;
        options.log.warn(
          { masterId: hello.masterId },
          'the secret was changed, this master has to say hello',
        );
        keyRemoved(keyId);
      }
    },
    hello: async (key, hello) => {
      const known = sessions.get(key.keyId)?.link.hello();
      if (known !== undefined && isSame(known, hello)) return;
      const formerIds = journal.masters
        .all()
        .filter((row) => row.keyId !== key.keyId && isSameNode(row.hello, hello))
        .map((row) => row.keyId);
      await succeed(formerIds, key, hello);
      options.log.info(
        { masterId: hello.masterId, nodeName: hello.nodeName, urls: hello.masterUrls },
        'master says hello',
      );
      const session = sessions.get(key.keyId);
      if (session === undefined) return openSession(key, hello, formerIds);
      session.link.update(hello);
      session.heartbeats.beatNow();
      session.sender.retryNow();
    },
    find: (keyId) => sessions.get(keyId)?.link,
    meet: async (keyId) => {
      const known = sessions.get(keyId);
      if (known !== undefined) return known.link;
      await Promise.all(open().map(({ link }) => link.renewKey()));
      return sessions.get(keyId)?.link;
    },
    keyRemoved,
    isSameMaster: (keyId, otherKeyId) => {
      if (keyId === otherKeyId) return true;
      // From the journal: a key that is not valid any more has no session, but work that came with it.
      const masterIds = new Map(journal.masters.all().map((row) => [row.keyId, row.hello.masterId]));
      const masterId = masterIds.get(keyId);
      return masterId !== undefined && masterId === masterIds.get(otherKeyId);
    },
    setLogLevel: (level) => {
      for (const { log } of open()) log.level = level;
    },
    announce: async (timeoutMs) => {
      const told = Promise.all(open().map(({ heartbeats }) => heartbeats.told()));
      await Promise.race([told, delay(timeoutMs)]);
    },
    wake: (keyId, when) => {
      const sender = sessions.get(keyId)?.sender;
      if (when === 'now') sender?.wake();
      else sender?.wakeSoon();
    },
    flushed: async (timeoutMs) => {
      const deadline = AbortSignal.timeout(timeoutMs);
      for (const { sender } of open()) sender.retryNow();
      const isEmpty = (): boolean => open().every(({ link }) => journal.outbox.isEmpty(link.keyId));
      while (!isEmpty()) {
        if (deadline.aborted) return false;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return true;
    },
    close: async () => {
      for (const timer of givingUp.values()) clearTimeout(timer);
      await Promise.all(open().flatMap(({ sender, heartbeats }) => [sender.close(), heartbeats.close()]));
    },
  };
}

const isSameNode = (a: Hello, b: Hello): boolean => a.masterId === b.masterId && a.nodeId === b.nodeId;

const isSame = (a: Hello, b: Hello): boolean => JSON.stringify(a) === JSON.stringify(b);
