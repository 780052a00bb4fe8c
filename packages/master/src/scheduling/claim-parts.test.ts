import { type NodeVitals, type UserId, Work } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { beforeAll, expect, it } from 'vitest';
import { type Database, nowMs } from '../database/open-database.ts';
import { recordVitals } from '../store/nodes/heartbeat-rows.ts';
import { insertNode } from '../store/nodes/node-rows.ts';
import { emptyProgress } from '../store/tasks/sum-progress.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { claimParts } from './claim-parts.ts';
import { createExplainGate } from './explain-gate.ts';
import { createNodePresence } from './node-presence.ts';

const vitals = (workers: number): NodeVitals => ({
  version: '0.1.0',
  protocol: '1.0',
  bootId: crypto.randomUUID(),
  uptimeMs: 1,
  clockMs: 1,
  capabilities: ['create-archive', 'extract-archive'],
  workers,
  running: 0,
  queued: 0,
  load1: 0,
  cores: 1,
  memoryFreeBytes: 1,
  memoryTotalBytes: 1,
  rssBytes: 1,
  temp: null,
});

describeDatabases('placing parts', (open) => {
  let database: Database;
  const nodes: Record<string, string> = {};

  const addNode = async (name: string, weight: number, workers: number): Promise<void> => {
    const id = crypto.randomUUID();
    nodes[name] = id;
    await insertNode(database.db, {
      id,
      name,
      type: 'slave',
      url: 'http://127.0.0.1:1',
      internal_url: null,
      key_id: id,
      secret_sealed: '',
      weight,
      enabled: 1,
      capabilities: JSON.stringify(['create-archive']),
    });
    await recordVitals(database.db, { nodeId: id, vitals: vitals(workers), skewMs: 0 });
  };

  /** Queued tasks of one part each. */
  const addTasks = async (
    userId: UserId,
    count: number,
    wanted: { node?: string; kind?: 'create-archive' | 'extract-archive' } = {},
  ): Promise<string[]> => {
    const kind = wanted.kind ?? 'create-archive';
    const work = Work.options[0].parse({ kind: 'create-archive', format: 'zip', level: 1, password: null });
    const ids = Array.from({ length: count }, () => crypto.randomUUID());
    for (const id of ids) {
      await database.db
        .insertInto('tasks')
        .values({
          id,
          user_id: userId,
          kind,
          state: 'queued',
          request: '{}',
          title: '',
          request_id: '',
          request_hash: '',
          planned: 1,
          destination: '/x.zip',
          conflict: 'fail',
          rejected_entries: 0,
          outputs: '[]',
          created_at_ms: nowMs,
        })
        .execute();
      await database.db
        .insertInto('parts')
        .values({
          id,
          task_id: id,
          user_id: userId,
          ordinal: 0,
          capability: kind,
          requested_node_id: wanted.node === undefined ? null : (nodes[wanted.node] ?? ''),
          work: JSON.stringify(work),
          state: 'queued',
          attempt: 0,
          delivered: 0,
          not_before_ms: 0,
          avoid_nodes: '[]',
          lost_leases: 0,
          progress: JSON.stringify(emptyProgress),
          created_at_ms: nowMs,
        })
        .execute();
    }
    return ids;
  };

  const claim = () =>
    claimParts({
      database,
      presence: createNodePresence(systemClock),
      heartbeatMs: 60_000,
      leaseMs: 180_000,
      explainGate: createExplainGate(systemClock),
    });
  const placedOn = async (ids: readonly string[]): Promise<Record<string, number>> => {
    const rows = await database.db
      .selectFrom('attempts')
      .select(['node_name', (eb) => eb.fn.countAll<number>().as('count')])
      .where('part_id', 'in', ids)
      .groupBy('node_name')
      .execute();
    return Object.fromEntries(rows.map((row) => [row.node_name, Number(row.count)]));
  };
  const clear = () => database.db.deleteFrom('tasks').execute();

  beforeAll(async () => {
    database = await open();
    await addNode('anna', 3, 1000);
    await addNode('berta', 2, 1000);
  });

  it('N5 weights 3 and 2 share 500 parts exactly, over several passes', async () => {
    const ids = await addTasks(await addUser(database.db), 500);
    while ((await claim()).more);
    expect(await placedOn(ids)).toEqual({ anna: 300, berta: 200 });
    await clear();
  });

  it('D1 T10 two masters that claim at once lease each part once, and share one rotation', async () => {
    const ids = await addTasks(await addUser(database.db), 100);
    const claimed = await Promise.all([claim(), claim(), claim(), claim()]);
    expect(claimed.reduce((sum, { leased }) => sum + leased, 0)).toBe(100);
    expect(await placedOn(ids)).toEqual({ anna: 60, berta: 40 });
    await clear();
  });

  it('M10 parts that nobody can take stand in the way of nobody, and say why they wait', async () => {
    const user = await addUser(database.db);
    const stuck = await addTasks(user, 250, { kind: 'extract-archive' });
    const runnable = await addTasks(user, 10);
    await claim();
    expect(await placedOn(runnable)).toEqual({ anna: 6, berta: 4 });
    const { waiting_for } = await database.db
      .selectFrom('parts')
      .select('waiting_for')
      .where('id', '=', stuck[0] ?? '')
      .executeTakeFirstOrThrow();
    expect(waiting_for).toContain('anna: cannot extract-archive');
    await clear();
  });

  it('T8 the part of another user is placed before the backlog of the first', async () => {
    await addNode('carla', 1, 1);
    const [first, second] = [await addUser(database.db), await addUser(database.db)];
    const backlog = await addTasks(first, 20, { node: 'carla' });
    const [one] = await addTasks(second, 1, { node: 'carla' });
    await claim();
    expect(await placedOn([one ?? ''])).toEqual({ carla: 1 });
    expect(await placedOn(backlog)).toEqual({ carla: 1 });
    await clear();
  });
});
