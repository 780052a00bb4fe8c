import { AppError, type ErrorInfo, type Hello, NodeId, toAppError, toErrorInfo } from '@longshore/protocol';
import type { Clock, Logger } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import { recordGreeting, recordNodeError } from '../store/nodes/heartbeat-rows.ts';
import { findNode, listNodes, type NodeRow } from '../store/nodes/node-rows.ts';
import type { NodeClient } from './node-client.ts';
import { nodeHealth } from './node-health.ts';
import { toPeer } from './node-peers.ts';
import type { NodeKeys } from './registry.ts';

export type Greeter = {
  /** Looks at once, for example because a node was added or its address was edited. */
  greetNow(nodeId: NodeId): void;
  /** Greets once more, whoever was greeted before, and answers why that failed, or null. */
  confirm(nodeId: NodeId): Promise<ErrorInfo | null>;
  stop(): Promise<void>;
};

export type GreeterDeps = {
  database: Database;
  client: NodeClient;
  clock: Clock;
  log: Logger;
  heartbeatMs: number;
  /** What a node is told about this master. */
  hello: (node: NodeRow) => Hello;
  keysOf: (row: NodeRow) => NodeKeys;
  /** The node's status changed: it was heard of, or it cannot be reached for a new reason. */
  changed: (nodeId: NodeId) => void;
};

const firstPauseMs = 250;
const longestPauseMs = 30_000;
/** While somebody has just added a node, and starts its program next. */
const longestPauseAtFirstMs = 1_000;
const atFirstMs = 10 * 60_000;

/**
 * Introduces the master to nodes that send no heartbeats: a slave knows nothing but its secret until it is greeted,
 * and one that lost its data must be greeted again. A node that cannot be reached, or cannot reach its master, is tried
 * less and less often, down to twice a minute; one that has yet to answer for the first time, once a second for a while.
 * Nodes that send heartbeats are left alone.
 */
export function startGreeter(deps: GreeterDeps): Greeter {
  const { database, clock, log, heartbeatMs } = deps;
  /** Nodes that are greeted again when the timer of their pause ends. */
  const pauses = new Map<string, { timer: NodeJS.Timeout; pauseMs: number; sinceMs: number }>();
  const underWay = new Map<string, Promise<ErrorInfo | null>>();
  /** When each node was greeted last. */
  const greetedMs = new Map<string, number>();
  let stopped = false;

  const pause = (row: NodeRow, options: { hasAnswered: boolean }): void => {
    if (stopped) return;
    const nodeId = NodeId.parse(row.id);
    const before = pauses.get(nodeId);
    const sinceMs = before?.sinceMs ?? clock.monotonicMs();
    const isNew = row.heartbeat_age_ms === null && clock.monotonicMs() - sinceMs < atFirstMs;
    // Whoever has answered gets the time to send its heartbeat.
    const pauseMs = options.hasAnswered
      ? Math.min(longestPauseMs, Math.max(heartbeatMs / 5, before?.pauseMs ?? 0) * 2)
      : Math.min(isNew ? longestPauseAtFirstMs : longestPauseMs, (before?.pauseMs ?? firstPauseMs / 2) * 2);
    clearTimeout(before?.timer);
    const timer = setTimeout(() => lookSafely(() => lookAgain(nodeId)), pauseMs);
    pauses.set(nodeId, { timer, pauseMs, sinceMs });
  };
  const endPause = (nodeId: string): void => {
    clearTimeout(pauses.get(nodeId)?.timer);
    pauses.delete(nodeId);
  };

  /** A slave that was greeted sends a heartbeat at once, if it can. */
  const isUnheardSince = (greeted: number | undefined, row: NodeRow): boolean =>
    greeted !== undefined &&
    (row.heartbeat_age_ms === null || row.heartbeat_age_ms > clock.monotonicMs() - greeted);

  const greet = async (row: NodeRow): Promise<ErrorInfo | null> => {
    const peer = toPeer(row, deps.keysOf);
    if (peer === undefined) {
      endPause(row.id);
      return toErrorInfo(new AppError('NODE_REFUSED', `"${row.name}" has no address yet`));
    }
    const hello = deps.hello(row);
    try {
      const { data, skewMs } = await deps.client.hello(peer, hello);
      const where = hello.masterUrls.join(' and ');
      const unheard = isUnheardSince(greetedMs.get(row.id), row)
        ? toErrorInfo(
            new AppError(
              'CALLBACK_FAILED',
              `"${row.name}" answers, but none of its heartbeats arrives at ${where}`,
            ),
          )
        : null;
      await recordGreeting(database.db, { nodeId: row.id, vitals: data.vitals, skewMs }, unheard);
      log.info({ nodeId: row.id, node: row.name, url: peer.url }, 'node greeted');
      greetedMs.set(row.id, clock.monotonicMs());
      pause(row, { hasAnswered: true });
      deps.changed(hello.nodeId);
      return null;
    } catch (thrown) {
      const error = toErrorInfo(toAppError(thrown, 'NODE_DISCONNECTED'));
      pause(row, { hasAnswered: false });
      await recordNodeError(database.db, row.id, error);
      log.debug({ nodeId: row.id, node: row.name, code: error.code }, 'node not reached');
      deps.changed(hello.nodeId);
      return error;
    }
  };

  const start = (row: NodeRow): void => {
    if (stopped || underWay.has(row.id)) return;
    const greeting = greet(row)
      .catch((thrown: unknown) => {
        log.error({ nodeId: row.id, err: thrown }, 'greeting failed');
        return toErrorInfo(toAppError(thrown));
      })
      .finally(() => underWay.delete(row.id));
    underWay.set(row.id, greeting);
  };

  const isOnline = (row: NodeRow): boolean => nodeHealth(row.heartbeat_age_ms, heartbeatMs) === 'online';
  const lookAtAll = async (): Promise<void> => {
    for (const row of await listNodes(database.db)) {
      if (isOnline(row)) endPause(row.id);
      else if (!pauses.has(row.id)) start(row);
    }
  };
  const lookAgain = async (nodeId: NodeId): Promise<void> => {
    const row = await findNode(database.db, nodeId).catch((error: unknown) => {
      endPause(nodeId);
      throw error;
    });
    if (row === undefined || isOnline(row)) endPause(nodeId);
    else start(row);
  };
  const greetAtOnce = async (nodeId: NodeId): Promise<void> => {
    endPause(nodeId);
    const row = await findNode(database.db, nodeId);
    if (row !== undefined) start(row);
  };
  const lookSafely = (look: () => Promise<void>): void => {
    look().catch((error: unknown) => log.error({ err: error }, 'looking at the nodes failed'));
  };

  const timer = setInterval(() => lookSafely(lookAtAll), heartbeatMs / 2);
  lookSafely(lookAtAll);
  return {
    greetNow: (nodeId) => lookSafely(() => greetAtOnce(nodeId)),
    confirm: async (nodeId) => {
      // One that is under way may have met a program that has ended since.
      await underWay.get(nodeId);
      const row = await findNode(database.db, nodeId);
      if (row !== undefined) start(row);
      const stopping = toErrorInfo(new AppError('UNAVAILABLE', 'the master stops'));
      return (await underWay.get(nodeId)) ?? (stopped ? stopping : null);
    },
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      for (const nodeId of pauses.keys()) endPause(nodeId);
      await Promise.all(underWay.values());
    },
  };
}
