import type { NonceStore, NonceVerdict } from '@longshore/protocol/server';
import type { Clock, Logger } from '@longshore/runtime';
import { type Insertable, sql } from 'kysely';
import type { Database, Db } from '../../database/open-database.ts';
import type { Schema } from '../../database/schema.ts';

/** Above this many, those that have run out are dropped from memory. */
const sweepAbove = 20_000;

/** How long nonces are kept after they have run out: masters whose clocks differ share them. */
const keepMs = 10 * 60 * 1000;

/** Where `meta` has the horizon: the latest end of a nonce that was deleted. */
const horizonKey = 'nonce horizon';

export type NonceRows = NonceStore & {
  /** Deletes what ran out long ago. What may be one of the deleted is `forgotten` from then on, and never new again. */
  forgetOld(): Promise<void>;
};

/**
 * Nonces of signed requests, in the database: every master refuses what any of them has seen, also after a restart.
 * A single master on SQLite knows all of them, so it answers from memory and need not wait for the disk: the nonce
 * is written before whatever the request itself writes, with the same commit. In memory they run out by the monotonic
 * clock, so that setting the wall clock forth and back opens no window.
 */
export async function createNonceRows(deps: {
  database: Database;
  clock: Clock;
  log: Logger;
}): Promise<NonceRows> {
  const { database, clock, log } = deps;
  const forgetOld = (): Promise<number> => deleteBefore(database, clock.nowMs() - keepMs);
  if (database.dialect === 'postgres') {
    return {
      remember: (keyId, nonce, untilMs) => insertNonce(database.db, keyId, nonce, Math.round(untilMs)),
      forgetOld: async () => {
        await forgetOld();
      },
    };
  }
  const endOf = (untilMs: number): number => clock.monotonicMs() + (untilMs - clock.nowMs());
  const rows = await database.db.selectFrom('nonces').select(['key_id', 'nonce', 'until_ms']).execute();
  const known = new Map(rows.map((row) => [`${row.key_id} ${row.nonce}`, endOf(row.until_ms)]));
  let horizonMs = await readHorizon(database.db);
  const unwritten: UsedNonce[] = [];
  return {
    remember: (keyId, nonce, untilMs) => {
      const key = `${keyId} ${nonce}`;
      if (known.has(key)) return 'seen';
      if (Math.round(untilMs) <= horizonMs) return 'forgotten';
      if (known.size > sweepAbove) {
        for (const [old, endMs] of known) if (endMs < clock.monotonicMs()) known.delete(old);
      }
      known.set(key, endOf(untilMs));
      unwritten.push({ key_id: keyId, nonce, until_ms: Math.round(untilMs) });
      if (unwritten.length > 1) return 'new';
      database
        .transactionSoon((tx) => insertNonces(tx, unwritten.splice(0)))
        .catch((err: unknown) => log.warn({ err }, 'nonces not written'));
      return 'new';
    },
    forgetOld: async () => {
      horizonMs = await forgetOld();
    },
  };
}

type UsedNonce = Insertable<Schema['nonces']>;

async function insertNonces(db: Db, nonces: readonly UsedNonce[]): Promise<void> {
  await db
    .insertInto('nonces')
    .values([...nonces])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function insertNonce(db: Db, keyId: string, nonce: string, untilMs: number): Promise<NonceVerdict> {
  const inserted = await sql`insert into nonces (key_id, nonce, until_ms)
    select ${sql.val(keyId)}, ${sql.val(nonce)}, ${sql.val(untilMs)}
    where not exists (select 1 from meta where key = ${horizonKey} and cast(value as bigint) >= ${sql.val(untilMs)})
    on conflict do nothing`.execute(db);
  if ((inserted.numAffectedRows ?? 0n) > 0n) return 'new';
  const known = await db
    .selectFrom('nonces')
    .select('until_ms')
    .where('key_id', '=', keyId)
    .where('nonce', '=', nonce)
    .executeTakeFirst();
  return known === undefined ? 'forgotten' : 'seen';
}

async function readHorizon(db: Db): Promise<number> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', horizonKey).executeTakeFirst();
  return Number(row?.value ?? 0);
}

/** Answers the horizon as it is then. */
const deleteBefore = (database: Database, atMs: number): Promise<number> =>
  database.transaction(async (tx) => {
    const before = await readHorizon(tx);
    const { newestMs } = await tx
      .selectFrom('nonces')
      .select((eb) => eb.fn.max('until_ms').as('newestMs'))
      .where('until_ms', '<', Math.round(atMs))
      .executeTakeFirstOrThrow();
    if (newestMs === null) return before;
    const horizonMs = Math.max(before, newestMs);
    await tx
      .insertInto('meta')
      .values({ key: horizonKey, value: String(horizonMs) })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: String(horizonMs) }))
      .execute();
    await tx.deleteFrom('nonces').where('until_ms', '<', Math.round(atMs)).execute();
    return horizonMs;
  });
