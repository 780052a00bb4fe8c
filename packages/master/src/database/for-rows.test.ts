import { beforeAll, expect, it } from 'vitest';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { forRows } from './for-rows.ts';
import type { Database } from './open-database.ts';
import { prepared } from './prepared.ts';

describeDatabases('statements that are prepared once', (open) => {
  let database: Database;

  beforeAll(async () => {
    database = await open();
  });

  const putMeta = forRows<{ key: string; value: string | null }, { key: string }>(
    { key: 'text', value: 'text' },
    `insert into meta (key, value) select r.key, coalesce(r.value, 'none') from r where true
     on conflict do nothing returning key`,
  );
  const changeMeta = forRows<{ key: string; value: string }>(
    { key: 'text', value: 'text' },
    'update meta set value = r.value from r where meta.key = r.key',
  );
  const findMeta = prepared((db, { keys }: { keys: readonly string[] }, isOneOf) =>
    db.selectFrom('meta').select('value').where(isOneOf('key', keys)).orderBy('key'),
  );
  const findUser = prepared((db, { id, name }: { id: string; name: string }) =>
    db.selectFrom('users').select('id').where('id', '=', id).where('name', '!=', name),
  );

  it('a statement for rows runs for each of them, and answers what it returns', async () => {
    const { db } = database;
    expect(await putMeta(db, [])).toEqual([]);
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()].sort() as [string, string];
    const put = await putMeta(db, [
      { key: first, value: `"it's"` },
      { key: second, value: null },
      { key: first, value: 'again' },
    ]);
    expect(put.map(({ key }) => key)).toEqual([first, second]);
    const read = async () => (await findMeta(db, { keys: [first, second] })).rows.map(({ value }) => value);
    expect(await read()).toEqual([`"it's"`, 'none']);
    await changeMeta(db, [
      { key: second, value: '2' },
      { key: first, value: '1' },
      { key: crypto.randomUUID(), value: '3' },
    ]);
    expect(await read()).toEqual(['1', '2']);
  });

  it('each run has its own values, inside a transaction and outside', async () => {
    const [anna, berta] = [await addUser(database.db), await addUser(database.db)];
    const found = await database.transaction(async (tx) => (await findUser(tx, { id: anna, name: '' })).rows);
    expect(found).toEqual([{ id: anna }]);
    expect((await findUser(database.db, { id: berta, name: '' })).rows).toEqual([{ id: berta }]);
    expect((await findMeta(database.db, { keys: [] })).rows).toEqual([]);
  });
});
