import type { Db } from '../database/open-database.ts';
import type { NodePeer } from '../nodes/node-client.ts';
import { listUndelivered, type Undelivered } from '../store/parts/deliveries.ts';
import { attemptKey } from '../store/parts/report-rows.ts';
import { type Claimed, claimParts } from './claim-parts.ts';
import { type DeliveryDeps, deliverAttempts } from './deliver-attempts.ts';
import type { ExplainGate } from './explain-gate.ts';
import type { Hearing } from './hearing.ts';
import { watchLeases } from './watch-leases.ts';

export type Scheduler = {
  /** Something changed that may let work move: a submit, an outcome, a heartbeat, an edit of a node. */
  wake(): void;
  /** Stops after the present pass and the deliveries under way. */
  stop(): Promise<void>;
};

export type SchedulerDeps = DeliveryDeps & {
  heartbeatMs: number;
  storeId: string;
  leaseMs: number;
  hearing: Hearing;
  findPeer(nodeId: string): Promise<NodePeer | undefined>;
  nodeName(nodeId: string): Promise<string>;
  /** In the transaction that takes a part from a silent node. */
  changed(tx: Db, taskId: string): Promise<unknown>;
  explainGate: ExplainGate;
  /** Tasks of which a part has failed. */
  settle(taskId: string): Promise<void>;
};

const tickMs = 500;
const deliveryBatch = 250;

/**
 * The loop that moves parts: expired leases are queued again, queued parts are placed, placed parts are delivered.
 * It runs when woken and twice a second. Deliveries run beside it, one at a time per node, so that a node that
 * does not answer delays nobody else. Every step is a conditional update: any number of masters may run it.
 */
export function startScheduler(deps: SchedulerDeps): Scheduler {
  const { hearing } = deps;
  const delivering = new Map<string, Promise<void>>();
  let stopped = false;
  let running: Promise<void> | undefined;
  let again = false;
  /** What has to be looked at again: all of it twice a second, and whatever may have changed since. */
  const due = { leases: false, claims: true, deliveries: true };
  /** The attempts of the deliveries under way, and the nodes for which there is more by now. */
  const underWay = new Set<string>();
  const haveMore = new Set<string>();

  const pass = async (): Promise<void> => {
    if (due.leases) {
      due.leases = false;
      const expired = await watchLeases(deps);
      for (const taskId of expired.failed) await deps.settle(taskId);
    }
    let claimed: Claimed = { leased: 0, more: false };
    do {
      if (due.claims || claimed.more) {
        due.claims = false;
        claimed = await claimParts(deps);
        hearing.atWork();
      }
      if (claimed.leased > 0 || due.deliveries) await startDeliveries();
    } while (claimed.more && !stopped);
  };

  const startDeliveries = async (): Promise<void> => {
    due.deliveries = false;
    const waiting = (await listUndelivered(deps.database.db, 1000)).filter(
      (part) =>
        !underWay.has(attemptKey(part)) &&
        !deps.marks.has(part) &&
        deps.presence.unreachable(part.nodeId) === null,
    );
    for (const [nodeId, parts] of Map.groupBy(waiting, (part) => part.nodeId)) {
      if (delivering.has(nodeId) || parts.length > deliveryBatch) haveMore.add(nodeId);
      if (delivering.has(nodeId)) continue;
      const batch = parts.slice(0, deliveryBatch);
      for (const part of batch) underWay.add(attemptKey(part));
      const delivery = deliver(nodeId, batch)
        // After a failure the next look is soon enough: nothing may have changed.
        .then(
          () => true,
          (error: unknown) => {
            deps.log.error({ nodeId, err: error }, 'delivery failed');
            return false;
          },
        )
        .then((isDone) => {
          delivering.delete(nodeId);
          for (const part of batch) underWay.delete(attemptKey(part));
          if (!haveMore.delete(nodeId) || !isDone) return;
          due.deliveries = true;
          runSoon();
        });
      delivering.set(nodeId, delivery);
    }
  };

  const deliver = async (nodeId: string, parts: Undelivered[]): Promise<void> => {
    const peer = await deps.findPeer(nodeId);
    if (peer !== undefined) await deliverAttempts(deps, peer, parts);
  };

  const run = async (): Promise<void> => {
    do {
      again = false;
      await pass().catch((error: unknown) => {
        deps.log.error({ err: error }, 'scheduling pass failed');
        if (deps.database.isUnavailable(error)) hearing.interrupted();
      });
    } while (again && !stopped);
    running = undefined;
  };

  const runSoon = (): void => {
    if (stopped) return;
    again = true;
    running ??= run();
  };
  const wake = (): void => {
    due.claims = true;
    runSoon();
  };

  const tick = setInterval(() => {
    due.leases = true;
    due.deliveries = true;
    wake();
  }, tickMs);
  wake();
  return {
    wake,
    stop: async () => {
      stopped = true;
      clearInterval(tick);
      await running;
      await Promise.all(delivering.values());
    },
  };
}
