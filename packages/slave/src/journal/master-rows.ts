import { Hello } from '@longshore/protocol';
import type Database from 'better-sqlite3';

/** What each master said of itself in its last hello, by the key that signed it. */
export type MasterRows = {
  save(keyId: string, hello: Hello): void;
  /** The master of a key signs with another one now. */
  changeKey(from: string, to: string): void;
  all(): readonly { readonly keyId: string; readonly hello: Hello }[];
};

export function createMasterRows(database: Database.Database): MasterRows {
  const save = database.prepare(
    `insert into masters (key_id, hello) values (?, ?)
     on conflict (key_id) do update set hello = excluded.hello`,
  );
  const changeKey = database.prepare(`update or replace masters set key_id = ? where key_id = ?`);
  const all = database.prepare<[], { key_id: string; hello: string }>(`select key_id, hello from masters`);
  return {
    save: (keyId, hello) => {
      save.run(keyId, JSON.stringify(hello));
    },
    changeKey: (from, to) => {
      changeKey.run(to, from);
    },
    all: () => all.all().map((row) => ({ keyId: row.key_id, hello: Hello.parse(JSON.parse(row.hello)) })),
  };
}
