import { beforeAll, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { addUser } from '../testing/add-user.ts';
import { partsToPlace } from '../testing/parts-to-place.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { createNodePresence } from './node-presence.ts';

describeDatabases('parts behind one that waits', (open) => {
  let database: Database;
  let queue: ReturnType<typeof partsToPlace>;

  beforeAll(async () => {
    database = await open();
    queue = partsToPlace(database);
    await queue.addNode('busy', { workers: 1 });
    await queue.addNode('idle', { weight: 9, workers: 2 });
  });

  it('N7 M10 a part that failed on the idle node waits for the full one and holds nobody up, then takes the idle one', async () => {
    let nowMs = 0;
    const presence = createNodePresence({ monotonicMs: () => nowMs });
    const user = await addUser(database.db);
    await queue.addTasks(user, 2, { node: 'busy' });
    await queue.claim(presence);
    await queue.claim(presence);
    const avoiding = await queue.addTasks(user, 1, { avoid: ['idle'] });
    const others = await queue.addTasks(user, 2);
    await database.db.updateTable('parts').set({ created_at_ms: 1 }).where('id', 'in', avoiding).execute();
    nowMs = 500;
    await queue.claim(presence);
    expect(await queue.placedOn(others)).toEqual({ idle: 2 });
    expect(await queue.placedOn(avoiding)).toEqual({});
    nowMs = 1_500;
    await queue.claim(presence);
    expect(await queue.placedOn(avoiding)).toEqual({ idle: 1 });
    await queue.clear();
  });
});
