import { NodeId, PartId } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { expect, it } from 'vitest';
import { deriveMasterKeys } from '../secrets/master-keys.ts';
import { addTask } from '../testing/add-task.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { createAttemptSources } from './attempt-sources.ts';

describeDatabases('B9 a right to write that is renewed', (open) => {
  it('goes as far as the limits of the user are at that moment, and only for who holds the attempt', async () => {
    const database = await open();
    const { db } = database;
    const keys = deriveMasterKeys(Buffer.alloc(32, 7));
    const limits = { maxOutputBytes: 1000, maxEntries: 1, maxEntryBytes: 1, maxRatio: 1, maxDepth: 1 };
    const sources = createAttemptSources({ database, keys, clock: systemClock, limits });
    const userId = await addUser(db, { quotaBytes: 700 });
    const part = await addTask(db, { userId });
    const nodeId = NodeId.parse(crypto.randomUUID());
    await db.updateTable('parts').set({ node_id: nodeId }).execute();
    const ref = { partId: PartId.parse(part.partId), attempt: 1 };
    expect(await sources.outputLimit(nodeId, ref)).toBe(700);
    await db.updateTable('users').set({ used_bytes: 100 }).execute();
    expect(await sources.outputLimit(nodeId, ref)).toBe(600);
    await db.updateTable('user_groups').set({ max_extracted_bytes: 200 }).execute();
    expect(await sources.outputLimit(nodeId, ref)).toBe(200);
    await expect(sources.outputLimit(nodeId, { ...ref, attempt: 2 })).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
  });
});
