import { type NodeVitals, type UserId, Work } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { beforeAll, expect, it } from 'vitest';
import { type Database, nowMs } from '../database/open-database.ts';
import { recordVitals } from '../store/nodes/heartbeat-rows.ts';
import { insertNode } from '../store/nodes/node-rows.ts';
import { findPart } from '../store/parts/report-rows.ts';
import { emptyProgress } from '../store/tasks/sum-progress.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { claimParts } from './claim-parts.ts';
import { createExplainGate } from './explain-gate.ts';
import { hasAlternative } from './has-alternative.ts';
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
      url: `http://${name}:1`,
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

  const claim = (master = database) =>
    claimParts({
      database: master,
      presence: createNodePresence(systemClock),
      heartbeatMs: 60_000,
      leaseMs: 180_000,
      meter: { waited: () => undefined },
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

  it('D1 T10 four masters that claim at once lease each part once, and share one rotation', async () => {
    const others = await Promise.all([1, 2, 3].map(() => open({ beside: database })));
    const ids = await addTasks(await addUser(database.db), 100);
    const claimed = await Promise.all([database, ...others, database, ...others].map(claim));
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

  it('S5 parts are placed within the temporary space that is left, and the others say what they wait for', async () => {
    const mebibyte = 2 ** 20;
    const disk = { path: '/tmp', totalBytes: 1e12, freeBytes: 1000 * mebibyte, minFreeBytes: 100 * mebibyte };
    await addNode('small', 1, 1000);
    const tell = (reservedBytes: number) =>
      recordVitals(database.db, {
        nodeId: nodes.small ?? '',
        vitals: { ...vitals(1000), temp: { ...disk, reservedBytes } },
        skewMs: 0,
      });
    await tell(0);
    const user = await addUser(database.db);
    const need = async (count: number, bytes: number): Promise<string[]> => {
      const ids = await addTasks(user, count, { node: 'small' });
      await database.db.updateTable('parts').set({ temp_bytes: bytes }).where('id', 'in', ids).execute();
      return ids;
    };
    const total = async (ids: string[]) => (await placedOn(ids)).small ?? 0;
    const large = await need(4, 400 * mebibyte);
    const tooLarge = await need(1, 2000 * mebibyte);
    const streaming = await addTasks(user, 3, { node: 'small' });
    await claim();
    expect([await total(large), await total(tooLarge), await total(streaming)]).toEqual([2, 0, 3]);
    expect(await waitingFor(tooLarge)).toEqual([
      expect.stringContaining('small: 100 MiB of temporary space left, 2000 MiB needed'),
    ]);
    await claim();
    expect(await total(large)).toBe(2);
    await database.db
      .updateTable('parts')
      .set({ state: 'completed' })
      .where('state', '=', 'leased')
      .execute();
    await tell(500 * mebibyte);
    await claim();
    expect(await total(large)).toBe(3);
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

  it('N11 parts of a group go only to its nodes, and say so when none of them can take it', async () => {
    const user = await addUser(database.db);
    const inGroup = await addTasks(user, 6);
    const other = await addUser(database.db);
    await limitGroupOf(user, { allowed_nodes: JSON.stringify([nodes.berta]) });
    await claim();
    expect(await placedOn(inGroup)).toEqual({ berta: 6 });
    await limitGroupOf(user, { allowed_nodes: JSON.stringify([crypto.randomUUID()]) });
    const stuck = await addTasks(user, 3);
    const free = await addTasks(other, 3);
    await claim();
    expect(Object.values(await placedOn(free)).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(await placedOn(stuck)).toEqual({});
    expect(await waitingFor(stuck)).toSatisfy((reasons: string[]) =>
      reasons.every((reason) => reason.includes('anna: not for your group')),
    );
    expect(await hasAlternative(database.db, await partOf(stuck[0] ?? ''), 60_000)).toBe(false);
    expect(await hasAlternative(database.db, await partOf(free[0] ?? ''), 60_000)).toBe(true);
    await clear();
  });

  it('U1 a user runs as many tasks at once as the group allows, by several masters too; the others say why they wait', async () => {
    const [user, other] = [await addUser(database.db), await addUser(database.db)];
    await limitGroupOf(user, { max_running_tasks: 2 });
    const limited = await addTasks(user, 6);
    const free = await addTasks(other, 6);
    await Promise.all([claim(), claim(), claim()]);
    const total = async (ids: string[]) =>
      Object.values(await placedOn(ids)).reduce((sum, count) => sum + count, 0);
    expect([await total(limited), await total(free)]).toEqual([2, 6]);
    const reasons = await waitingFor(limited);
    expect(
      reasons.filter((reason) => reason === 'your group runs at most 2 of your tasks at once'),
    ).toHaveLength(4);
    await database.db
      .updateTable('parts')
      .set({ state: 'completed' })
      .where('id', 'in', limited)
      .where('state', '=', 'leased')
      .where('id', '=', (eb) =>
        eb
          .selectFrom('parts as p')
          .select((p) => p.fn.min('p.id').as('id'))
          .where('p.state', '=', 'leased')
          .where('p.user_id', '=', user),
      )
      .execute();
    await claim();
    expect(await total(limited)).toBe(3);
    await limitGroupOf(user, { max_running_tasks: null });
    await claim();
    expect(await total(limited)).toBe(6);
    await clear();
  });

  it('U1 M10 a task that no node can take does not use up the tasks at once, and parts of a running task go on', async () => {
    const user = await addUser(database.db);
    await limitGroupOf(user, { max_running_tasks: 1 });
    const stuck = await addTasks(user, 3, { kind: 'extract-archive' });
    const [first = '', second = ''] = await addTasks(user, 2);
    await claim();
    expect(await placedOn(stuck)).toEqual({});
    expect(
      [Object.keys(await placedOn([first])).length, Object.keys(await placedOn([second])).length].toSorted(),
    ).toEqual([0, 1]);
    const [running = '', waiting = ''] =
      Object.keys(await placedOn([first])).length === 1 ? [first, second] : [second, first];
    const { lane: _lane, ...part } = await database.db
      .selectFrom('parts')
      .selectAll()
      .where('id', '=', waiting)
      .executeTakeFirstOrThrow();
    const more = crypto.randomUUID();
    await database.db
      .insertInto('parts')
      .values({ ...part, id: more, task_id: running, ordinal: 1 })
      .execute();
    await claim();
    expect(await placedOn([waiting])).toEqual({});
    expect(Object.keys(await placedOn([more]))).toHaveLength(1);
    await clear();
  });

  const limitGroupOf = async (
    userId: UserId,
    limits: { allowed_nodes?: string | null; max_running_tasks?: number | null },
  ): Promise<void> => {
    const id = `group of ${userId}`;
    await database.db
      .insertInto('user_groups')
      .values({
        id,
        name: id,
        name_key: id,
        is_default: 0,
        may_choose_node: 1,
        created_at_ms: nowMs,
        ...noLimits,
        ...limits,
      })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(limits))
      .execute();
    await database.db.updateTable('users').set({ group_id: id }).where('id', '=', userId).execute();
  };
  const noLimits = {
    quota_bytes: null,
    max_archive_bytes: null,
    max_extracted_bytes: null,
    max_entries: null,
    max_ratio: null,
    max_depth: null,
  };
  const waitingFor = async (ids: readonly string[]): Promise<string[]> => {
    const rows = await database.db.selectFrom('parts').select('waiting_for').where('id', 'in', ids).execute();
    return rows.map((row) => row.waiting_for ?? '');
  };
  const partOf = async (id: string) => {
    const part = await findPart(database.db, id);
    if (part === undefined) throw new Error(`no part ${id}`);
    return part;
  };
});
