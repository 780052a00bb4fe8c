import type { NonceStore } from '@longshore/protocol/server';
import type { Clock, Logger } from '@longshore/runtime';
import { type Database, type Db, nowMs } from '../../database/open-database.ts';

/** Above this many, those that have run out are dropped from memory. */
const sweepAbove = 20_000;

/**
 * Nonces of signed requests, in the database: every master refuses what any of them has seen, also after a restart.
 * A single master on SQLite knows all of them, so it answers from memory and need not wait for the disk: the nonce
 * is written before whatever the request itself writes, in the same order. In memory they run out by the monotonic
 * clock, so that setting the wall clock forth and back opens no window.
 */
export async function createNonceStore(deps: {
  database: Database;
  clock: Clock;
  log: Logger;
}): Promise<NonceStore> {
  const { database, clock, log } = deps;
  if (database.dialect === 'postgres') {
    return { remember: (keyId, nonce, untilMs) => insertNonce(database.db, keyId, nonce, untilMs) };
  }
  const endOf = (untilMs: number): number => clock.monotonicMs() + (untilMs - clock.nowMs());
  const rows = await database.db.selectFrom('nonces').select(['key_id', 'nonce', 'until_ms']).execute();
  const known = new Map(rows.map((row) => [`${row.key_id} ${row.nonce}`, endOf(row.until_ms)]));
  return {
    remember: (keyId, nonce, untilMs) => {
      const key = `${keyId} ${nonce}`;
      if (known.has(key)) return false;
      if (known.size > sweepAbove) {
        for (const [old, endMs] of known) if (endMs < clock.monotonicMs()) known.delete(old);
      }
      known.set(key, endOf(untilMs));
      database
        .transaction((tx) => insertNonce(tx, keyId, nonce, untilMs))
        .catch((err: unknown) => log.warn({ err }, 'nonce not written'));
      return true;
    },
  };
}

async function insertNonce(db: Db, keyId: string, nonce: string, untilMs: number): Promise<boolean> {
  const inserted = await db
    .insertInto('nonces')
    .values({ key_id: keyId, nonce, until_ms: Math.round(untilMs) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function forgetOldNonces(db: Db): Promise<void> {
  await db.deleteFrom('nonces').where('until_ms', '<', nowMs).execute();
}
