import { expect, it } from 'vitest';
import type { Database } from '../../database/open-database.ts';
import { testActor } from '../../testing/test-actor.ts';
import { describeDatabases } from '../../testing/test-databases.ts';
import { listAudit, recordAudit, trimAudit } from './audit-rows.ts';

describeDatabases('U3 audit entries', (open) => {
  const add = (database: Database, name: string) =>
    database.transaction((tx) =>
      recordAudit(tx, testActor, {
        action: 'group.update',
        object: { kind: 'group', id: name, name },
        before: { same: [1], gone: 1, changed: 1 },
        after: { same: [1], changed: 2, added: null },
      }),
    );

  it('hold only what has changed', async () => {
    const database = await open();
    await add(database, 'a');
    const { rows } = await listAudit(database.db, { limit: 10 });
    expect(JSON.parse(rows[0]?.before ?? '')).toEqual({ gone: 1, changed: 1 });
    expect(JSON.parse(rows[0]?.after ?? '')).toEqual({ changed: 2, added: null });
  });

  it('are there only when the change is', async () => {
    const database = await open();
    const failed = database.transaction(async (tx) => {
      await recordAudit(tx, testActor, { action: 'user.delete', object: null });
      throw new Error('the change failed');
    });
    await expect(failed).rejects.toThrow('the change failed');
    expect((await listAudit(database.db, { limit: 10 })).rows).toEqual([]);
  });

  it('are forgotten after their time, and no sooner', async () => {
    const database = await open();
    for (const name of ['old', 'new']) await add(database, name);
    const dayMs = 24 * 3600 * 1000;
    await database.db
      .updateTable('audit')
      .set((eb) => ({ at_ms: eb('at_ms', '-', 2 * dayMs) }))
      .where('object_name', '=', 'old')
      .execute();
    expect(await trimAudit(database.db, 3 * dayMs)).toBe(0);
    expect(await trimAudit(database.db, dayMs)).toBe(1);
    const { rows } = await listAudit(database.db, { limit: 10 });
    expect(rows.map((row) => row.object_name)).toEqual(['new']);
  });
});
