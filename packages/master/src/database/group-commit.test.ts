import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@longshore/runtime';
import Sqlite from 'better-sqlite3';
import { Kysely, sql } from 'kysely';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openSqlite } from './dialects/sqlite.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import type { Schema } from './schema.ts';

let db: Kysely<Schema>;
let group: GroupCommit;

beforeEach(async () => {
  const { dialect } = openSqlite({ path: ':memory:', clock: systemClock });
  db = new Kysely<Schema>({ dialect });
  group = createGroupCommit(db, {
    dialect,
    isTransient: () => false,
    isUnavailable: () => false,
    mostGroups: 1,
  });
  await sql`create table numbers (n integer primary key)`.execute(db);
});

const insert = (n: number) => group.transaction((tx) => sql`insert into numbers values (${n})`.execute(tx));
const numbers = async () => (await sql<{ n: number }>`select n from numbers order by n`.execute(db)).rows;

test('each work of a group succeeds or fails alone', async () => {
  const results = await Promise.allSettled([insert(1), insert(1), insert(2)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await numbers()).toEqual([{ n: 1 }, { n: 2 }]);
});

test('when no transaction can begin, all that wait are told', async () => {
  await db.destroy();
  const results = await Promise.allSettled([insert(1), insert(2)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('what comes after a failure to begin is tried again', async () => {
  await sql`begin`.execute(db);
  await expect(insert(1)).rejects.toThrow(/within a transaction/);
  await sql`rollback`.execute(db);
  await insert(2);
  expect(await numbers()).toEqual([{ n: 2 }]);
});

test('what follows a work sees its changes before they are committed, and shares the commit', async () => {
  const order: string[] = [];
  const follow = (): void => {
    void group.transaction(async (tx) => {
      const { rows } = await sql<{ n: number }>`select n from numbers`.execute(tx);
      order.push(`follower sees ${rows.length}`);
    });
  };
  await group.transaction((tx) => sql`insert into numbers values (1)`.execute(tx), follow);
  order.push('first is committed');
  expect(order).toEqual(['follower sees 1', 'first is committed']);
});

test('what nobody waits for comes with the next work, in order, and alone after a while', async () => {
  const order: number[] = [];
  const note = (n: number) => async (): Promise<void> => void order.push(n);
  const soon = group.transactionSoon(note(1));
  await group.transaction(note(2));
  expect(order).toEqual([1, 2]);
  await soon;
  await group.transactionSoon(note(3));
  expect(order).toEqual([1, 2, 3]);
});

test('D4 what another program holds is waited for without stopping this one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-busy-'));
  const path = join(folder, 'test.db');
  const engine = openSqlite({ path, clock: systemClock });
  db = new Kysely<Schema>({ dialect: engine.dialect });
  group = createGroupCommit(db, engine);
  await sql`create table numbers (n integer primary key)`.execute(db);
  const other = new Sqlite(path);
  onTestFinished(async () => {
    other.close();
    await db.destroy();
    rmSync(folder, { recursive: true });
  });
  other.exec('begin exclusive');
  let isWaiting = true;
  const inserted = insert(1).finally(() => {
    isWaiting = false;
  });
  let turns = 0;
  while (turns < 50) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    turns += 1;
  }
  expect(isWaiting).toBe(true);
  other.exec('rollback');
  await inserted;
  expect(await numbers()).toEqual([{ n: 1 }]);
});
