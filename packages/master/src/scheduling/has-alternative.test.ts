import { AppError, type NodeVitals } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { beforeAll, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { addUser } from '../testing/add-user.ts';
import { partsToPlace, tempForTest } from '../testing/parts-to-place.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { createNodePresence } from './node-presence.ts';

describeDatabases('another node for a part that failed', (open) => {
  let database: Database;
  let queue: ReturnType<typeof partsToPlace>;
  let id: string;

  beforeAll(async () => {
    database = await open();
    queue = partsToPlace(database);
    await queue.addNode('holder', {});
    await queue.addNode('other', {});
    const user = await addUser(database.db);
    [id = ''] = await queue.addTasks(user, 1, { avoid: ['holder'], tempBytes: 1000 });
  });

  const temp = tempForTest(1000);

  it('N7 is one that could be given the part', async () => {
    await queue.tellVitals('other', { temp });
    expect(await queue.hasAlternative(id)).toBe(true);
  });

  it.each<[string, Partial<NodeVitals>]>([
    ['is being stopped', { temp, stopping: true }],
    ['has too little temporary space left', { temp: tempForTest(999) }],
    ['says that it cannot do this', { temp, capabilities: ['extract-archive'] }],
  ])('N7 is not one that %s', async (_, vitals) => {
    await queue.tellVitals('other', vitals);
    expect(await queue.hasAlternative(id)).toBe(false);
  });

  it('N7 is not one that just could not be reached', async () => {
    await queue.tellVitals('other', { temp });
    const presence = createNodePresence(systemClock);
    presence.notReached(queue.nodes.other ?? '', new AppError('NODE_REFUSED', 'refused'));
    expect(await queue.hasAlternative(id, presence)).toBe(false);
  });
});
