import type { NonceStore } from '@longshore/protocol/server';
import type Database from 'better-sqlite3';

export type NonceRows = NonceStore & { forgetBefore(atMs: number): void };

/**
 * What is deleted leaves a horizon behind: a nonce that runs out before it could be one of the deleted, and is never taken
 * for new again, so that a clock that is set forth and back lets nothing be repeated.
 */
export function createNonceRows(database: Database.Database): NonceRows {
  const insert = database.prepare(
    `insert into nonces (key_id, nonce, until_ms) values (?, ?, ?) on conflict do nothing`,
  );
  const forget = database.prepare(`delete from nonces where until_ms < ?`);
  const newest = database.prepare<[number], { at_ms: number | null }>(
    `select max(until_ms) as at_ms from nonces where until_ms < ?`,
  );
  const raise = database.prepare(`update nonce_horizon set at_ms = max(at_ms, ?)`);
  const stored = database.prepare<[], { at_ms: number }>(`select at_ms from nonce_horizon`).get();
  let horizonMs = stored?.at_ms ?? 0;
  return {
    remember: (keyId, nonce, untilMs) => {
      if (Math.round(untilMs) <= horizonMs) return 'forgotten';
      return insert.run(keyId, nonce, Math.round(untilMs)).changes === 1 ? 'new' : 'seen';
    },
    forgetBefore: (atMs) => {
      const newestMs = newest.get(Math.round(atMs))?.at_ms ?? null;
      if (newestMs === null) return;
      database.transaction(() => {
        raise.run(newestMs);
        forget.run(Math.round(atMs));
      })();
      horizonMs = Math.max(horizonMs, newestMs);
    },
  };
}
