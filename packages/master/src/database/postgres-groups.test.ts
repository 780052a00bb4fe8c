import { sql } from 'kysely';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { createTestDatabase, dropTestDatabase } from '../testing/start-postgres.ts';
// The types of what the setup provides.
import '../testing/database-setup.ts';
import { openPostgres } from './dialects/postgres.ts';
import { type Database, openDatabase } from './open-database.ts';

const adminUrl = inject('postgresAdminUrl');
let url: string;
/** Two masters on one database. */
let one: Database;
let other: Database;

beforeEach(async () => {
  url = await createTestDatabase(adminUrl);
  const open = (): Promise<Database> =>
    openDatabase(openPostgres({ url, maxConnections: 5, onLostConnection: () => {} }));
  one = await open();
  other = await open();
  await sql`create table numbers (n integer primary key, times integer not null default 0)`.execute(one.db);
  await sql`insert into numbers values (1), (2)`.execute(one.db);
});
afterEach(async () => {
  await one.close();
  await other.close();
  await dropTestDatabase(adminUrl, url);
});

const count = (database: Database, n: number): Promise<unknown> =>
  database.transaction((tx) => sql`update numbers set times = times + 1 where n = ${n}`.execute(tx));
const times = async (): Promise<number[]> =>
  (await sql<{ times: number }>`select times from numbers order by n`.execute(one.db)).rows.map(
    (row) => row.times,
  );

test('transactions of one moment share a commit, and each succeeds or fails alone', async () => {
  const insert = (n: number): Promise<string> =>
    one.transaction(async (tx) => {
      await sql`insert into numbers values (${n})`.execute(tx);
      const { rows } = await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(tx);
      return rows[0]?.id ?? '';
    });
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => insert(n)));
  const committed = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  expect(committed).toHaveLength(18);
  expect(new Set(committed).size).toBeLessThan(18);
  expect(await times()).toHaveLength(20);
});

test('D4 two groups that wait for each other both end, and every work counts once', async () => {
  const bothHold = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const group = (database: Database, at: 0 | 1, first: number, second: number): Promise<unknown>[] => [
    database.transaction(async (tx) => {
      await sql`update numbers set times = times + 1 where n = ${first}`.execute(tx);
      bothHold[at].resolve();
      await bothHold[1 - at]?.promise;
    }),
    count(database, second),
  ];
  await Promise.all([...group(one, 0, 1, 2), ...group(other, 1, 2, 1)]);
  expect(await times()).toEqual([2, 2]);
});

test('a slow transaction does not hold up what is asked for after it', async () => {
  const end = Promise.withResolvers<void>();
  const slow = one.transaction(async (tx) => {
    await sql`update numbers set times = times + 1 where n = 1`.execute(tx);
    await end.promise;
  });
  await count(one, 2);
  expect(await times()).toEqual([0, 1]);
  end.resolve();
  await slow;
  expect(await times()).toEqual([1, 1]);
});

test('when the connection is lost, its works are told that they failed, and what comes next works', async () => {
  const followed = vi.fn();
  const cut = one.transaction(async (tx) => {
    await sql`update numbers set times = times + 1 where n = 1`.execute(tx);
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(other.db);
    await sql`select 1`.execute(tx);
  }, followed);
  const results = await Promise.allSettled([count(one, 2), cut, count(one, 2)]);
  expect(results[1]).toSatisfy((result: PromiseRejectedResult) => one.isUnavailable(result.reason));
  expect(results[2]?.status).toBe('fulfilled');
  expect(followed).not.toHaveBeenCalled();
  expect(await times()).toEqual([0, results[0]?.status === 'fulfilled' ? 2 : 1]);
});

test('what is left for the end is done once for all, without what failed works have left', async () => {
  const steps: (readonly number[])[] = [];
  const step = async (_tx: unknown, items: readonly number[]): Promise<void> => void steps.push(items);
  const leave = (n: number) => one.transaction(async (tx) => one.lastly(tx, step, n));
  const fail = one.transaction(async (tx) => {
    one.lastly(tx, step, 2);
    throw new Error('changed my mind');
  });
  await Promise.allSettled([leave(1), fail, leave(3)]);
  expect(steps).toEqual([[1, 3]]);
});
