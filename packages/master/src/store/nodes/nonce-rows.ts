import type { NonceStore, NonceVerdict } from '@longshore/protocol/server';
import type { Clock, Logger } from '@longshore/runtime';
import { type Insertable, sql } from 'kysely';
import type { Database, Db } from '../../database/open-database.ts';
import type { Schema } from '../../database/schema.ts';
import { chunked } from '../chunked.ts';

/** Above this many, those that have run out are dropped from memory. */
const sweepAbove = 20_000;

/** After so long, nonces that could not be written are tried again even if no other comes. */
const writeAgainMs = 1_000;

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
  const write = createNonceWriter({
    database,
    log,
    hasEnded: (nonce) => endOf(nonce.until_ms) < clock.monotonicMs(),
  });
  return {
    remember: (keyId, nonce, untilMs) => {
      const key = `${keyId} ${nonce}`;
      if (known.has(key)) return 'seen';
      if (Math.round(untilMs) <= horizonMs) return 'forgotten';
      if (known.size > sweepAbove) {
        for (const [old, endMs] of known) if (endMs < clock.monotonicMs()) known.delete(old);
      }
      known.set(key, endOf(untilMs));
      write({ key_id: keyId, nonce, until_ms: Math.round(untilMs) });
      return 'new';
    },
    forgetOld: async () => {
      horizonMs = await forgetOld();
    },
  };
}

type UsedNonce = Insertable<Schema['nonces']>;

/**
 * Writes nonces with the next commit. One is let go only when it is committed: what an outage kept from the disk is
 * written after it, with the next nonce or by itself.
 */
function createNonceWriter(deps: {
  database: Database;
  log: Logger;
  hasEnded: (nonce: UsedNonce) => boolean;
}): (nonce: UsedNonce) => void {
  const { database, log, hasEnded } = deps;
  let waiting: UsedNonce[] = [];
  /** A transaction is asked for that will take what waits. */
  let isAsked = false;
  let again: NodeJS.Timeout | undefined;

  const ask = (): void => {
    if (isAsked || waiting.length === 0) return;
    isAsked = true;
    clearTimeout(again);
    const taken: UsedNonce[] = [];
    let hasBegun = false;
    database
      .transactionSoon(async (tx) => {
        if (!hasBegun) isAsked = false;
        hasBegun = true;
        taken.push(...waiting.splice(0));
        await insertNonces(tx, taken);
      })
      .catch((err: unknown) => {
        if (!hasBegun) isAsked = false;
        waiting = [...taken, ...waiting];
        if (waiting.length > sweepAbove) waiting = waiting.filter((nonce) => !hasEnded(nonce));
        log.warn({ err, nonces: waiting.length }, 'nonces not written');
        clearTimeout(again);
        again = setTimeout(ask, writeAgainMs).unref();
      });
  };
  return (nonce) => {
    waiting.push(nonce);
    ask();
  };
}

async function insertNonces(db: Db, nonces: readonly UsedNonce[]): Promise<void> {
  for (const some of chunked(nonces, 500)) {
    await db
      .insertInto('nonces')
      .values(some)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
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
