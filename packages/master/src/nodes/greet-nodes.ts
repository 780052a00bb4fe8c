import {
  AppError,
  type ErrorInfo,
  type Hello,
  type NodeId,
  toAppError,
  toErrorInfo,
} from '@longshore/protocol';
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
  greetNow(nodeId: string): void;
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

const longestPauseMs = 30_000;

/**
 * Introduces the master to nodes that send no heartbeats: a slave knows nothing but its secret until it is greeted,
 * and one that lost its data must be greeted again. A node that cannot be reached, or cannot reach its master, is tried
 * less and less often, down to twice a minute. Nodes that send heartbeats are left alone.
 */
export function startGreeter(deps: GreeterDeps): Greeter {
  const { database, clock, log, heartbeatMs } = deps;
  const pauses = new Map<string, { untilMs: number; pauseMs: number }>();
  const underWay = new Map<string, Promise<ErrorInfo | null>>();
  /** When each node was greeted last. */
  const greetedMs = new Map<string, number>();
  let stopped = false;

  const pause = (nodeId: string): void => {
    const pauseMs = Math.min(longestPauseMs, (pauses.get(nodeId)?.pauseMs ?? heartbeatMs / 5) * 2);
    pauses.set(nodeId, { untilMs: clock.monotonicMs() + pauseMs, pauseMs });
  };

  /** A slave that was greeted sends a heartbeat at once, if it can. */
  const isUnheardSince = (greeted: number | undefined, row: NodeRow): boolean =>
    greeted !== undefined &&
    (row.heartbeat_age_ms === null || row.heartbeat_age_ms > clock.monotonicMs() - greeted);

  const greet = async (row: NodeRow): Promise<ErrorInfo | null> => {
    const peer = toPeer(row, deps.keysOf);
    if (peer === undefined)
      return toErrorInfo(new AppError('NODE_REFUSED', `"${row.name}" has no address yet`));
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
      pause(row.id);
      deps.changed(hello.nodeId);
      return null;
    } catch (thrown) {
      const error = toErrorInfo(toAppError(thrown, 'NODE_DISCONNECTED'));
      pause(row.id);
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

  const look = async (only: string | undefined): Promise<void> => {
    for (const row of await listNodes(database.db)) {
      if (only !== undefined) {
        if (row.id === only) start(row);
        continue;
      }
      if (nodeHealth(row.heartbeat_age_ms, heartbeatMs) === 'online') pauses.delete(row.id);
      else if ((pauses.get(row.id)?.untilMs ?? 0) <= clock.monotonicMs()) start(row);
    }
  };
  const lookSafely = (only?: string): void => {
    look(only).catch((error: unknown) => log.error({ err: error }, 'looking at the nodes failed'));
  };

  const timer = setInterval(lookSafely, heartbeatMs / 2);
  lookSafely();
  return {
    greetNow: (nodeId) => {
      pauses.delete(nodeId);
      lookSafely(nodeId);
    },
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
      await Promise.all(underWay.values());
    },
  };
}
