import { AppError, toErrorInfo } from '@longshore/protocol';
import type { Database, Db } from '../database/open-database.ts';
import type { TaskMeter } from '../metrics/task-meter.ts';
import { failPart } from '../store/parts/outcomes.ts';
import { type HeldPart, listExpiredLeases, requeuePart } from '../store/parts/requeue.ts';

/** After this many lost leases a part is given up: it seems to take its nodes down. */
const mostLostLeases = 5;

/** Takes parts from nodes that have fallen silent and queues them again. Answers the tasks of parts that were given up. */
export async function expireLeases(deps: {
  database: Database;
  nodeName: (nodeId: string) => Promise<string>;
  /** In the transaction that takes a part away. */
  changed: (tx: Db, taskId: string) => Promise<unknown>;
  meter: Pick<TaskMeter, 'attemptEnded'>;
}): Promise<{ failed: string[] }> {
  const { database } = deps;
  const failed: string[] = [];
  const tellLost = (nodeId: string): void =>
    deps.meter.attemptEnded({ nodeId, outcome: 'lost', code: 'LEASE_LOST' });
  for (const part of await listExpiredLeases(database.db)) {
    const name = await deps.nodeName(part.node_id ?? '');
    const error = toErrorInfo(new AppError('LEASE_LOST', `"${name}" was silent for too long`));
    const attempt = { partId: part.id, attempt: part.attempt };
    if (part.lost_leases >= mostLostLeases) {
      const reason = new AppError(
        'ATTEMPTS_EXHAUSTED',
        `${part.lost_leases + 1} nodes fell silent while they worked on this, the last was "${name}"`,
      );
      const failure = { ...attempt, nodeId: part.node_id ?? '', error: toErrorInfo(reason) };
      if (await database.transaction((tx) => failPart(tx, failure))) {
        failed.push(part.task_id);
        tellLost(failure.nodeId);
      }
      continue;
    }
    const isTaken = await database.transaction(async (tx) => {
      const taken = await requeuePart(tx, {
        part,
        state: 'lost',
        error,
        avoid: avoidAlso(part, part.node_id),
        countsAsLost: true,
        delayMs: 0,
        onlyExpired: true,
      });
      if (taken) await deps.changed(tx, part.task_id);
      return taken;
    });
    if (isTaken) tellLost(part.node_id ?? '');
  }
  return { failed };
}

/** The list of nodes to avoid with one more; the oldest are forgotten so that a part is never left without a node. */
export function avoidAlso(part: Pick<HeldPart, 'avoid_nodes'>, nodeId: string | null): string[] {
  const avoid = (JSON.parse(part.avoid_nodes) as string[]).filter((id) => id !== nodeId);
  return nodeId === null ? avoid : [...avoid, nodeId].slice(-16);
}
