import { beforeAll, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { addUser } from '../testing/add-user.ts';
import { actingAs } from '../testing/test-actor.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { recordForeignTask } from './record-foreign-task.ts';

describeDatabases('U3 what is done to tasks', (open) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
  });

  it('is recorded where somebody else does it, with the owner, and not where the owner does', async () => {
    const [owner, admin] = [await addUser(database.db), await addUser(database.db)];
    const task = { id: crypto.randomUUID(), title: 'photos.zip', user_id: owner };
    for (const who of [owner, admin]) {
      await database.transaction((tx) =>
        recordForeignTask(tx, actingAs(who), { action: 'task.cancel', task }),
      );
    }
    const rows = await database.db
      .selectFrom('audit')
      .select(['user_id', 'action', 'object_kind', 'object_name', 'after'])
      .where('object_id', '=', task.id)
      .execute();
    expect(rows).toEqual([
      {
        user_id: admin,
        action: 'task.cancel',
        object_kind: 'task',
        object_name: 'photos.zip',
        after: JSON.stringify({ owner }),
      },
    ]);
  });
});
