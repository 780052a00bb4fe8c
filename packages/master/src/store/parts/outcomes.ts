import type { ErrorInfo, Progress } from '@longshore/protocol';
import { forRows } from '../../database/for-rows.ts';
import type { Db } from '../../database/open-database.ts';
import { endAttempt } from './requeue.ts';

const held = ['leased', 'running', 'waiting'] as const;

/** The attempt that claims to have ended, and the node it runs on: the fencing token of every update here. */
export type Holder = { partId: string; attempt: number; nodeId: string };

const holdersPart = (db: Db, holder: Holder) =>
  db
    .updateTable('parts')
    .where('id', '=', holder.partId)
    .where('attempt', '=', holder.attempt)
    .where('node_id', '=', holder.nodeId)
    .where('state', 'in', held);

/** How a part has been done. `unread` is kept with it, for the judgement over all parts. */
export type CompletedPart = Holder & { readonly progress: Progress; readonly unread?: ErrorInfo | undefined };

const completeRows = forRows<Holder & { progress: string; error: string | null }, { id: string }>(
  { partId: 'text', attempt: 'bigint', nodeId: 'text', progress: 'text', error: 'text' },
  `update parts set state = 'completed', lease_until_ms = null, progress = r.progress, error = r.error from r
   where parts.id = r.partId and parts.attempt = r.attempt and parts.node_id = r.nodeId
     and parts.state in ('leased', 'running', 'waiting')
   returning id`,
);

/**
 * Completes parts that are still held by these attempts, and answers which. Their attempts and the lines of the timeline
 * are left to the caller, who has more to write.
 */
export async function completeParts(db: Db, parts: readonly CompletedPart[]): Promise<ReadonlySet<string>> {
  const rows = parts.map(({ partId, attempt, nodeId, progress, unread }) => ({
    partId,
    attempt,
    nodeId,
    progress: JSON.stringify({ ...progress, phase: 'done' } satisfies Progress),
    error: unread === undefined ? null : JSON.stringify(unread),
  }));
  return new Set((await completeRows(db, rows)).map(({ id }) => id));
}

/** True when the part was still held by this attempt and has now failed for good. */
export async function failPart(db: Db, failure: Holder & { error: ErrorInfo }): Promise<boolean> {
  const updated = await holdersPart(db, failure)
    .set({ state: 'failed', lease_until_ms: null, error: JSON.stringify(failure.error) })
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) return false;
  await endAttempt(db, { ...failure, state: 'failed', error: failure.error });
  return true;
}

/** Queues a part that has waited for the others. */
export async function unblockPart(db: Db, part: { partId: string; progress: Progress }): Promise<void> {
  await db
    .updateTable('parts')
    .set({ state: 'queued', waiting_for: null, progress: JSON.stringify(part.progress) })
    .where('id', '=', part.partId)
    .where('state', '=', 'blocked')
    .execute();
}

/** A part that cannot even start, for example because the chosen node was deleted. */
export async function failQueuedPart(db: Db, partId: string, error: ErrorInfo): Promise<boolean> {
  const updated = await db
    .updateTable('parts')
    .set({ state: 'failed', error: JSON.stringify(error), waiting_for: null })
    .where('id', '=', partId)
    .where('state', '=', 'queued')
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

/**
 * Cancels every part of a task that has not ended, whoever holds it: its attempts are fenced off from this moment.
 * Answers the attempts that nodes must be told to stop.
 */
export async function cancelParts(db: Db, taskId: string): Promise<Holder[]> {
  // One statement: a part that another master leases at this moment is canceled as what it has become by then.
  const rows = await db
    .updateTable('parts')
    .set({ state: 'canceled', lease_until_ms: null, waiting_for: null })
    .where('task_id', '=', taskId)
    .where('state', 'in', ['blocked', 'queued', ...held])
    .returning(['id', 'attempt', 'node_id'])
    .execute();
  const stopped: Holder[] = [];
  for (const { id, attempt, node_id: nodeId } of rows) {
    // A queued part has no node.
    if (nodeId === null) continue;
    await endAttempt(db, { partId: id, attempt, state: 'canceled', error: null });
    stopped.push({ partId: id, attempt, nodeId });
  }
  return stopped;
}
