import { systemClock } from '@longshore/runtime';
import { Kysely, sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { openSqlite } from './dialects/sqlite.ts';
import { createGroupCommit } from './group-commit.ts';
import type { Schema } from './schema.ts';

let db: Kysely<Schema>;
let transaction: ReturnType<typeof createGroupCommit>;

beforeEach(async () => {
  db = new Kysely<Schema>({ dialect: openSqlite({ path: ':memory:', clock: systemClock }).dialect });
  transaction = createGroupCommit(db);
  await sql`create table numbers (n integer primary key)`.execute(db);
});

const insert = (n: number) => transaction((tx) => sql`insert into numbers values (${n})`.execute(tx));
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
