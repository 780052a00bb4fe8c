import { AppError, toErrorInfo } from '@longshore/protocol';
import type { Database } from '../database/open-database.ts';
import { failPart } from '../store/parts/outcomes.ts';
import { type HeldPart, listExpiredLeases, requeuePart } from '../store/parts/requeue.ts';

/** After this many lost leases a part is given up: it seems to take its nodes down. */
const mostLostLeases = 5;

/** Takes parts from nodes that have fallen silent and queues them again. Answers the tasks that changed. */
export async function expireLeases(deps: {
  database: Database;
  nodeName: (nodeId: string) => Promise<string>;
}): Promise<{ requeued: string[]; failed: string[] }> {
  const { database } = deps;
  const requeued: string[] = [];
  const failed: string[] = [];
  for (const part of await listExpiredLeases(database.db)) {
    const name = await deps.nodeName(part.node_id ?? '');
    const error = toErrorInfo(new AppError('LEASE_LOST', `"${name}" was silent for too long`));
    const attempt = { partId: part.id, attempt: part.attempt };
    if (part.lost_leases >= mostLostLeases) {
      const reason = new AppError(
        'ATTEMPTS_EXHAUSTED',
        `${part.lost_leases + 1} nodes fell silent while they worked on this, the last was "${name}"`,
      );
      if (await failPart(database, { ...attempt, nodeId: part.node_id ?? '', error: toErrorInfo(reason) })) {
        failed.push(part.task_id);
      }
      continue;
    }
    const taken = await database.transaction((tx) =>
      requeuePart(tx, {
        part,
        state: 'lost',
        error,
        avoid: avoidAlso(part, part.node_id),
        countsAsLost: true,
        delayMs: 0,
        onlyExpired: true,
      }),
    );
    if (taken) requeued.push(part.task_id);
  }
  return { requeued, failed };
}

/** The list of nodes to avoid with one more; the oldest are forgotten so that a part is never left without a node. */
export function avoidAlso(part: Pick<HeldPart, 'avoid_nodes'>, nodeId: string | null): string[] {
  const avoid = (JSON.parse(part.avoid_nodes) as string[]).filter((id) => id !== nodeId);
  return nodeId === null ? avoid : [...avoid, nodeId].slice(-16);
}
