import type { NonceStore } from '@longshore/protocol/server';
import type Database from 'better-sqlite3';

export type NonceRows = NonceStore & { forgetBefore(atMs: number): void };

export function createNonceRows(database: Database.Database): NonceRows {
  const insert = database.prepare(
    `insert into nonces (key_id, nonce, until_ms) values (?, ?, ?) on conflict do nothing`,
  );
  const forget = database.prepare(`delete from nonces where until_ms < ?`);
  return {
    remember: (keyId, nonce, untilMs) => insert.run(keyId, nonce, Math.round(untilMs)).changes === 1,
    forgetBefore: (atMs) => {
      forget.run(Math.round(atMs));
    },
  };
}
