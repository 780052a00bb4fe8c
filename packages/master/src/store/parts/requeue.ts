import type { ErrorInfo } from '@longshore/protocol';
import { sql } from 'kysely';
import { forRows } from '../../database/for-rows.ts';
import { type Db, nowMs } from '../../database/open-database.ts';
import { isHeld } from './held-states.ts';
import { insertTimeline } from './timeline.ts';

export type HeldPart = {
  id: string;
  task_id: string;
  attempt: number;
  node_id: string | null;
  lost_leases: number;
  avoid_nodes: string;
};

const held = ['leased', 'running', 'waiting'] as const;

/** Parts whose lease has ended without a word from their node. */
export const listExpiredLeases = (db: Db): Promise<HeldPart[]> =>
  db
    .selectFrom('parts')
    .select(['id', 'task_id', 'attempt', 'node_id', 'lost_leases', 'avoid_nodes'])
    .where(isHeld)
    .where('lease_until_ms', '<', nowMs)
    .limit(500)
    .execute();

/**
 * Takes a part from the node that holds it and queues it again. The condition names the attempt: zero rows mean
 * that somebody else was faster, and nothing changes. What earlier attempts stored stays recorded.
 */
export async function requeuePart(
  db: Db,
  taken: {
    part: { id: string; attempt: number };
    /** How the attempt ended. */
    state: 'lost' | 'returned' | 'undelivered' | 'failed';
    error: ErrorInfo;
    /** Nodes to avoid from now on. */
    avoid: readonly string[];
    countsAsLost: boolean;
    delayMs: number;
    /** Only when the lease has really ended by the database's clock. */
    onlyExpired: boolean;
  },
): Promise<boolean> {
  let update = db
    .updateTable('parts')
    .set((eb) => ({
      state: 'queued' as const,
      node_id: null,
      lease_until_ms: null,
      delivered: 0,
      not_before_ms: sql<number>`now_ms() + ${taken.delayMs}`,
      avoid_nodes: JSON.stringify(taken.avoid),
      lost_leases: eb('lost_leases', '+', taken.countsAsLost ? 1 : 0),
    }))
    .where('id', '=', taken.part.id)
    .where('attempt', '=', taken.part.attempt)
    .where('state', 'in', held);
  if (taken.onlyExpired) update = update.where('lease_until_ms', '<', nowMs);
  const requeued = await update.executeTakeFirst();
  if (requeued.numUpdatedRows === 0n) return false;
  await endAttempt(db, { ...taken, partId: taken.part.id, attempt: taken.part.attempt });
  return true;
}

type AttemptEnd = {
  partId: string;
  attempt: number;
  state: 'completed' | 'failed' | 'canceled' | 'lost' | 'returned' | 'undelivered';
  error: ErrorInfo | null;
};

/** Closes the record of an attempt and writes the last line of its timeline. */
export async function endAttempt(db: Db, end: AttemptEnd): Promise<void> {
  await closeAttempts(db, [end]);
  await insertTimeline(db, [{ ...end, event: end.state }]);
}

const closeRows = forRows<{ partId: string; attempt: number; state: string; error: string | null }>(
  { partId: 'text', attempt: 'bigint', state: 'text', error: 'text' },
  `update attempts set state = r.state, ended_at_ms = now_ms(), error = r.error from r
   where attempts.part_id = r.partId and attempts.attempt = r.attempt and attempts.ended_at_ms is null`,
);

/** Closes the records of attempts. */
export async function closeAttempts(db: Db, ends: readonly AttemptEnd[]): Promise<void> {
  await closeRows(
    db,
    ends.map(({ partId, attempt, state, error }) => ({
      partId,
      attempt,
      state,
      error: error === null ? null : JSON.stringify(error),
    })),
  );
}
