import type { ErrorInfo } from '@longshore/protocol';
import { type Db, nowMs } from '../../database/open-database.ts';
import { chunked } from '../chunked.ts';

/** A line of the timeline of an attempt. */
export type TimelineLine = {
  readonly partId: string;
  readonly attempt: number;
  readonly event: string;
  readonly error: ErrorInfo | null;
};

const linesPerInsert = 1_000;

/** Writes lines of the timeline in their order, all with the time of now. */
export async function insertTimeline(db: Db, lines: readonly TimelineLine[]): Promise<void> {
  for (const some of chunked(lines, linesPerInsert)) {
    await db
      .insertInto('attempt_events')
      .values(
        some.map(({ partId, attempt, event, error }) => ({
          part_id: partId,
          attempt,
          at_ms: nowMs,
          event,
          error: error === null ? null : JSON.stringify(error),
        })),
      )
      .execute();
  }
}
