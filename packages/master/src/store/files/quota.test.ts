import { expect, it } from 'vitest';
import { addUser } from '../../testing/add-user.ts';
import { describeDatabases } from '../../testing/test-databases.ts';
import { changeUsedBytes, checkQuota } from './quota.ts';

describeDatabases('B9 M1 the quota of a group', (open) => {
  it('is kept by each of its users, however many changes come at once, and a user’s own quota wins', async () => {
    const database = await open();
    const { db } = database;
    await db.updateTable('user_groups').set({ quota_bytes: 1000 }).where('is_default', '=', 1).execute();
    const [ann, bob] = [await addUser(db), await addUser(db, { quotaBytes: 3000 })];
    const fill = (userId: string) =>
      Promise.allSettled(
        Array.from({ length: 50 }, () => database.transaction((tx) => changeUsedBytes(tx, userId, 100))),
      );
    const usedBy = async (userId: string) =>
      (await db.selectFrom('users').select('used_bytes').where('id', '=', userId).executeTakeFirst())
        ?.used_bytes;
    const fitting = (await fill(ann)).filter(({ status }) => status === 'fulfilled');
    expect(fitting).toHaveLength(10);
    await fill(bob);
    expect([await usedBy(ann), await usedBy(bob)]).toEqual([1000, 3000]);
    await expect(checkQuota(db, ann, 1)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { usedBytes: 1000, quotaBytes: 1000 },
    });
    await db.updateTable('user_groups').set({ quota_bytes: 500 }).where('is_default', '=', 1).execute();
    await changeUsedBytes(db, ann, -100);
    await expect(changeUsedBytes(db, ann, 1)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await db.updateTable('user_groups').set({ quota_bytes: null }).where('is_default', '=', 1).execute();
    await changeUsedBytes(db, ann, 100_000);
  });
});
