import { beforeEach, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { databaseNowMs, rollUp } from '../store/history/sample-rows.ts';
import { recordVitals } from '../store/nodes/heartbeat-rows.ts';
import { insertNode } from '../store/nodes/node-rows.ts';
import { addTask } from '../testing/add-task.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { nodeHistory, statsHistory } from './read-history.ts';
import { spans } from './spans.ts';
import { takeSamples } from './take-samples.ts';

describeDatabases('N4 the history', (open) => {
  let database: Database;
  const { hour, day } = spans;
  const heartbeatMs = 60_000;
  const take = () => takeSamples({ database, heartbeatMs });

  const addNode = async (name: string): Promise<string> => {
    const id = crypto.randomUUID();
    await insertNode(database.db, {
      id,
      name,
      type: 'slave',
      key_id: name,
      secret_sealed: '',
      weight: 1,
      enabled: 1,
      capabilities: '[]',
    });
    return id;
  };
  const hear = (nodeId: string, load1: number) =>
    recordVitals(database.db, {
      nodeId,
      skewMs: 12,
      vitals: {
        version: '0.1.0',
        protocol: '1.1',
        bootId: crypto.randomUUID(),
        uptimeMs: 1,
        clockMs: 1,
        capabilities: [],
        workers: 4,
        running: 2,
        queued: 1,
        load1,
        cores: 4,
        memoryFreeBytes: 2 ** 33,
        memoryTotalBytes: 2 ** 34,
        rssBytes: 1,
        temp: { path: '/tmp', freeBytes: 2 ** 40, totalBytes: 2 ** 41 },
        stores: [
          { name: 'large', freeBytes: 2 ** 42, totalBytes: 2 ** 44 },
          { name: 'local', freeBytes: 2 ** 38, totalBytes: 2 ** 43 },
        ],
      },
    });
  const lastMinute = async (): Promise<number> =>
    Math.floor((await databaseNowMs(database.db)) / hour.stepMs) * hour.stepMs - hour.stepMs;

  beforeEach(async () => {
    database = await open();
  });

  it('has one row a minute for each node and for the tasks, however many masters ask', async () => {
    const anna = await addNode('anna');
    await addNode('gone');
    await hear(anna, 1.5);
    const userId = await addUser(database.db);
    await addTask(database.db, { userId, partState: 'queued' });
    await addTask(database.db, { userId, partState: 'running' });
    const ended = { 'completed-with-errors': 1, completed: 2, failed: 1 };
    const atMs = await lastMinute();
    for (const [state, count] of Object.entries(ended)) {
      for (let made = 0; made < count; made += 1) {
        const { taskId } = await addTask(database.db, { userId, partState: 'completed' });
        await database.db
          .updateTable('tasks')
          .set({ state: state as 'failed', finished_at_ms: atMs + 1_000 })
          .where('id', '=', taskId)
          .execute();
      }
    }
    const taken = await Promise.all([take(), take(), take(), take()]);
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await take()).toBe(false);

    const stats = await statsHistory(database.db, 'hour');
    expect(stats).toMatchObject({
      stepMs: 60_000,
      tasks: { completed: [3], failed: [1], canceled: [0], queued: [1], running: [1] },
    });
    expect(stats.nodes.map(({ name, online, load1 }) => ({ name, online, load1 }))).toEqual([
      { name: 'anna', online: [1], load1: [1.5] },
      { name: 'gone', online: [0], load1: [null] },
    ]);
    expect(await nodeHistory(database.db, 'Anna', 'hour')).toMatchObject({
      nodeId: anna,
      cores: [4],
      memoryFreeBytes: [2 ** 33],
      tempFreeBytes: [2 ** 40],
      storeFreeBytes: [2 ** 38],
      storeTotalBytes: [2 ** 43],
      running: [2],
      queued: [1],
      skewMs: [12],
    });
  });

  it('sums five minutes up into one row for the day, and forgets what is older than its span', async () => {
    const anna = await addNode('anna');
    const nowMs = await databaseNowMs(database.db);
    const dayAtMs = Math.floor(nowMs / day.stepMs) * day.stepMs - day.stepMs;
    const empty = {
      submitted: 0,
      completed: 0,
      failed: 0,
      canceled: 0,
      queued: 0,
      running: 0,
      oldest_wait_ms: 0,
    };
    const noValues = {
      ...{ cores: null, memory_free_bytes: null, memory_total_bytes: null, temp_free_bytes: null },
      ...{ temp_total_bytes: null, running: null, queued: null, skew_ms: null },
      ...{ store_free_bytes: null, store_total_bytes: null },
    };
    const put = async (stepMs: number, atMs: number, more: object, online: number, load1: number | null) => {
      await database.db
        .insertInto('task_samples')
        .values({ step_ms: stepMs, at_ms: atMs, ...empty, ...more })
        .execute();
      const sample = { node_id: anna, step_ms: stepMs, at_ms: atMs, online, load1, ...noValues };
      await database.db.insertInto('node_samples').values(sample).execute();
    };
    const pastMs = dayAtMs - 4 * day.stepMs;
    await put(hour.stepMs, pastMs, { completed: 4, queued: 10, oldest_wait_ms: 900 }, 1, 2);
    await database.db
      .updateTable('node_samples')
      .set({ store_free_bytes: 1_000, store_total_bytes: 4_000 })
      .where('at_ms', '=', pastMs)
      .execute();
    await put(hour.stepMs, pastMs + hour.stepMs, { completed: 6, queued: 20, oldest_wait_ms: 100 }, 0, null);
    await put(hour.stepMs, pastMs - hour.stepMs, { completed: 99 }, 1, 9);
    const stretch = { stepMs: day.stepMs, atMs: pastMs };
    const rolled = [1, 2].map(() => rollUp(database.db, stretch, hour.stepMs));
    expect((await Promise.all(rolled)).toSorted()).toEqual([false, true]);
    await put(hour.stepMs, dayAtMs, {}, 1, 1);
    await put(hour.stepMs, nowMs - hour.lengthMs - 1, {}, 1, 1);
    await put(day.stepMs, nowMs - day.lengthMs - 1, {}, 1, 1);
    await take();

    const stats = await statsHistory(database.db, 'day');
    expect(stats.tasks.atMs).toEqual([pastMs, dayAtMs]);
    expect(stats.tasks.completed[0]).toBe(10);
    expect(stats.tasks.queued[0]).toBe(15);
    expect(stats.tasks.oldestWaitMs[0]).toBe(900);
    expect(stats.nodes[0]?.online[0]).toBe(0.5);
    expect(stats.nodes[0]?.load1[0]).toBe(2);
    expect(stats.nodes[0]).toMatchObject({ storeFreeBytes: [1_000, null], storeTotalBytes: [4_000, null] });
    const hourly = await nodeHistory(database.db, 'anna', 'hour');
    expect(hourly.atMs[0]).toBe(pastMs - hour.stepMs);
  });

  it('goes with its node', async () => {
    const anna = await addNode('anna');
    await take();
    await database.db.deleteFrom('nodes').where('id', '=', anna).execute();
    expect(await database.db.selectFrom('node_samples').selectAll().execute()).toEqual([]);
    await expect(nodeHistory(database.db, 'anna', 'hour')).rejects.toMatchObject({ code: 'NODE_NOT_FOUND' });
  });
});
