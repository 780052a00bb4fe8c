import { beforeAll, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { addUser } from '../testing/add-user.ts';
import { partsToPlace, tempForTest } from '../testing/parts-to-place.ts';
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
    let clockMs = 0;
    const presence = createNodePresence({ monotonicMs: () => clockMs });
    const user = await addUser(database.db);
    await queue.addTasks(user, 2, { node: 'busy' });
    await queue.claim(presence);
    await queue.claim(presence);
    const avoiding = await queue.addTasks(user, 1, { avoid: ['idle'] });
    const others = await queue.addTasks(user, 2);
    await database.db.updateTable('parts').set({ created_at_ms: 1 }).where('id', 'in', avoiding).execute();
    clockMs = 500;
    await queue.claim(presence);
    expect(await queue.placedOn(others)).toEqual({ idle: 2 });
    expect(await queue.placedOn(avoiding)).toEqual({});
    clockMs = 1_500;
    await queue.claim(presence);
    expect(await queue.placedOn(avoiding)).toEqual({ idle: 1 });
    await queue.clear();
  });

  it('S5 M10 parts that need more temporary space than there is hide no smaller ones behind them', async () => {
    const mebibyte = 2 ** 20;
    await database.db.updateTable('nodes').set({ enabled: 0 }).execute();
    await queue.addNode('small', { workers: 2, temp: tempForTest(100 * mebibyte) });
    const user = await addUser(database.db);
    const large: string[] = [];
    for (let more = 9; more > 0; more -= 1) {
      large.push(...(await queue.addTasks(user, 1, { tempBytes: (200 + more) * mebibyte })));
    }
    await database.db.updateTable('parts').set({ created_at_ms: 1 }).where('id', 'in', large).execute();
    const fitting = await queue.addTasks(user, 2, { tempBytes: 40 * mebibyte });
    await queue.claim();
    expect(await queue.placedOn(large)).toEqual({});
    expect(await queue.placedOn(fitting)).toEqual({ small: 2 });
    await queue.clear();
    await database.db.updateTable('nodes').set({ enabled: 1 }).execute();
  });

  it('U1 M10 tasks over the number at once of a group hide no parts of those that run', async () => {
    const user = await addUser(database.db);
    await queue.limitGroupOf(user, { max_running_tasks: 1 });
    const [running = ''] = await queue.addTasks(user, 1, { node: 'idle' });
    await queue.claim();
    const heldBack = await queue.addTasks(user, 20, { node: 'idle' });
    const [last = ''] = await queue.addTasks(user, 1, { node: 'idle' });
    const { db } = database;
    const moved = { task_id: running, ordinal: 1 };
    await db.updateTable('parts').set(moved).where('id', '=', last).execute();
    await db.updateTable('parts').set({ created_at_ms: 1 }).where('id', 'in', heldBack).execute();
    await queue.claim();
    expect(await queue.placedOn(heldBack)).toEqual({});
    expect(await queue.placedOn([last])).toEqual({ idle: 1 });
    await queue.clear();
  });
});
