import { sql } from 'kysely';
import { type Database, type Db, nowMs } from '../../database/open-database.ts';
import { chunked } from '../chunked.ts';
import { eventChannel } from './postgres-channel.ts';

/** An event that was stored; `data` is its JSON. */
export type EventRow = { seq: number; userId: string | null; type: string; data: string };

const keepMs = 24 * 3600 * 1000;
const trimmedKey = 'events_trimmed_through';

/** Far below the number of values that a statement takes. */
const rowsPerInsert = 500;

/** Any number that nothing else in the database locks. */
const orderLock = 5_212_001;

/**
 * Stores events with the caller's transaction.
 *
 * Readers ask for everything after the last number they saw, so numbers must become visible in their order. In
 * PostgreSQL a sequence alone does not do that: the transaction that took 7 may commit after the one that took 8,
 * and whoever had read 8 by then would never see 7. So the numbers are taken under a lock that is held until the
 * commit. Call this last in a transaction: others wait from here to its end. SQLite has one writer anyway.
 */
export async function insertEvents(
  tx: Db,
  dialect: Database['dialect'],
  events: readonly Omit<EventRow, 'seq'>[],
): Promise<void> {
  if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${orderLock})`.execute(tx);
  for (const some of chunked(events, rowsPerInsert)) {
    await tx
      .insertInto('events')
      .values(
        some.map((event) => ({
          user_id: event.userId,
          type: event.type,
          data: event.data,
          created_at_ms: nowMs,
        })),
      )
      .execute();
  }
  // Sent by the database when the transaction commits, and only then.
  if (dialect === 'postgres') await sql`select pg_notify(${eventChannel}, '')`.execute(tx);
}

/** Events after a number, oldest first; of one user, or of all for null. */
export const listEventsAfter = (
  db: Db,
  after: { seq: number; userId: string | null; limit: number },
): Promise<EventRow[]> =>
  db
    .selectFrom('events')
    .select(['seq', 'user_id as userId', 'type', 'data'])
    .where('seq', '>', after.seq)
    .$if(after.userId !== null, (query) => query.where('user_id', '=', after.userId))
    .orderBy('seq')
    .limit(after.limit)
    .execute();

/** `newest`: the last number given out, 0 for none. `trimmedThrough`: events up to it are no longer kept. */
export async function eventBounds(db: Db): Promise<{ newest: number; trimmedThrough: number }> {
  const trimmed = await db
    .selectFrom('meta')
    .select('value')
    .where('key', '=', trimmedKey)
    .executeTakeFirst();
  const last = await db
    .selectFrom('events')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .executeTakeFirst();
  const trimmedThrough = Number(trimmed?.value ?? 0);
  return { newest: Math.max(Number(last?.seq ?? 0), trimmedThrough), trimmedThrough };
}

/** Forgets events of more than a day ago. Answers how many. */
export function trimEvents(database: Database): Promise<number> {
  return database.transaction(async (tx) => {
    const old = await tx
      .selectFrom('events')
      .select((eb) => eb.fn.max('seq').as('seq'))
      .where('created_at_ms', '<', sql<number>`${nowMs} - ${sql.lit(keepMs)}`)
      .executeTakeFirst();
    const through = old?.seq == null ? 0 : Number(old.seq);
    if (through === 0) return 0;
    await tx
      .insertInto('meta')
      .values({ key: trimmedKey, value: String(through) })
      .onConflict((conflict) =>
        conflict
          .column('key')
          .doUpdateSet({ value: String(through) })
          .where(sql<boolean>`cast(meta.value as bigint) < ${sql.lit(through)}`),
      )
      .execute();
    const deleted = await tx.deleteFrom('events').where('seq', '<=', through).executeTakeFirst();
    return Number(deleted.numDeletedRows);
  });
}
