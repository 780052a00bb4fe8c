import type { ErrorInfo } from '@longshore/protocol';
import { forRows } from '../../database/for-rows.ts';
import type { Db } from '../../database/open-database.ts';

/** A line of the timeline of an attempt. */
export type TimelineLine = {
  readonly partId: string;
  readonly attempt: number;
  readonly event: string;
  readonly error: ErrorInfo | null;
};

const insertLines = forRows<{ partId: string; attempt: number; event: string; error: string | null }>(
  { partId: 'text', attempt: 'bigint', event: 'text', error: 'text' },
  `insert into attempt_events (part_id, attempt, at_ms, event, error)
   select r.partId, r.attempt, now_ms(), r.event, r.error from r`,
);

/** Writes lines of the timeline in their order, with the time of now. */
export async function insertTimeline(db: Db, lines: readonly TimelineLine[]): Promise<void> {
  await insertLines(
    db,
    lines.map(({ partId, attempt, event, error }) => ({
      partId,
      attempt,
      event,
      error: error === null ? null : JSON.stringify(error),
    })),
  );
}
