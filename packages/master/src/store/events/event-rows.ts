import { sql } from 'kysely';
import { forRows } from '../../database/for-rows.ts';
import { type Database, type Db, nowMs } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';
import { eventChannel } from './postgres-channel.ts';

/** An event that was stored; `data` is its JSON. */
export type EventRow = { seq: number; userId: string | null; type: string; data: string };

const keepMs = 24 * 3600 * 1000;
const trimmedKey = 'events_trimmed_through';

const insertRows = forRows<Omit<EventRow, 'seq'>>(
  { userId: 'text', type: 'text', data: 'text' },
  `insert into events (user_id, type, data, created_at_ms)
   select r.userId, r.type, r.data, now_ms() from r`,
);

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
  if (dialect === 'sqlite') {
    await insertRows(tx, events);
    return;
  }
  await Promise.all([
    sql`select pg_advisory_xact_lock(${orderLock})`.execute(tx),
    insertRows(tx, events),
    // Sent by the database when the transaction commits, and only then.
    sql`select pg_notify(${eventChannel}, '')`.execute(tx),
  ]);
}

/** Events after a number, oldest first; of one user, or of all for null. */
export const listEventsAfter = async (
  db: Db,
  after: { seq: number; userId: string | null; limit: number },
): Promise<EventRow[]> => {
  const { seq, userId, limit } = after;
  const found = await (userId === null
    ? eventsAfter(db, { seq, limit })
    : eventsOfUserAfter(db, { seq, userId, limit }));
  return found.rows;
};

const selectEvents = (db: Db, { seq, limit }: { seq: number; limit: number }) =>
  db
    .selectFrom('events')
    .select(['seq', 'user_id as userId', 'type', 'data'])
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit);

const eventsAfter = prepared(selectEvents);

const eventsOfUserAfter = prepared((db, after: { seq: number; userId: string; limit: number }) =>
  selectEvents(db, after).where('user_id', '=', after.userId),
);

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
