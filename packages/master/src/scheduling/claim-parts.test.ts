import { beforeAll, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { addUser } from '../testing/add-user.ts';
import { partsToPlace, tempForTest } from '../testing/parts-to-place.ts';
import { describeDatabases } from '../testing/test-databases.ts';

describeDatabases('placing parts', (open) => {
  let database: Database;
  let queue: ReturnType<typeof partsToPlace>;

  beforeAll(async () => {
    database = await open();
    queue = partsToPlace(database);
    await queue.addNode('anna', { weight: 3 });
    await queue.addNode('berta', { weight: 2 });
  });

  it('N5 weights 3 and 2 share 500 parts exactly, over several passes', async () => {
    const ids = await queue.addTasks(await addUser(database.db), 500);
    while ((await queue.claim()).more);
    expect(await queue.placedOn(ids)).toEqual({ anna: 300, berta: 200 });
    await queue.clear();
  });

  it('D1 T10 four masters that claim at once lease each part once, and share one rotation', async () => {
    const others = await Promise.all([1, 2, 3].map(() => open({ beside: database })));
    const ids = await queue.addTasks(await addUser(database.db), 100);
    const masters = [queue, ...others.map((other) => partsToPlace(other))];
    const claimed = await Promise.all([...masters, ...masters].map((master) => master.claim()));
    expect(claimed.reduce((sum, { leased }) => sum + leased, 0)).toBe(100);
    expect(await queue.placedOn(ids)).toEqual({ anna: 60, berta: 40 });
    await queue.clear();
  });

  it('M10 parts that nobody can take stand in the way of nobody, and say why they wait', async () => {
    const user = await addUser(database.db);
    const stuck = await queue.addTasks(user, 250, { kind: 'extract-archive' });
    const runnable = await queue.addTasks(user, 10);
    await queue.claim();
    expect(await queue.placedOn(runnable)).toEqual({ anna: 6, berta: 4 });
    const [reason] = await queue.waitingFor(stuck.slice(0, 1));
    expect(reason).toContain('anna: cannot extract-archive');
    await queue.clear();
  });

  it('S5 parts are placed within the temporary space that is left, and the others say what they wait for', async () => {
    const mebibyte = 2 ** 20;
    await queue.addNode('small', {});
    const tell = (reservedBytes: number) =>
      queue.tellVitals('small', { temp: { ...tempForTest(900 * mebibyte), reservedBytes } });
    await tell(0);
    const user = await addUser(database.db);
    const need = (count: number, tempBytes: number) =>
      queue.addTasks(user, count, { node: 'small', tempBytes });
    const total = async (ids: string[]) => (await queue.placedOn(ids)).small ?? 0;
    const large = await need(4, 400 * mebibyte);
    const tooLarge = await need(1, 2000 * mebibyte);
    const streaming = await queue.addTasks(user, 3, { node: 'small' });
    await queue.claim();
    expect([await total(large), await total(tooLarge), await total(streaming)]).toEqual([2, 0, 3]);
    expect(await queue.waitingFor(tooLarge)).toEqual([
      expect.stringContaining('small: 100 MiB of temporary space left, 2000 MiB needed'),
    ]);
    await queue.claim();
    expect(await total(large)).toBe(2);
    await database.db
      .updateTable('parts')
      .set({ state: 'completed' })
      .where('state', '=', 'leased')
      .execute();
    await tell(500 * mebibyte);
    await queue.claim();
    expect(await total(large)).toBe(3);
    await queue.clear();
  });

  it('S5 what work has written of its promise is not missing twice', async () => {
    const mebibyte = 2 ** 20;
    const half = { ...tempForTest(400 * mebibyte), reservedBytes: 600 * mebibyte };
    await queue.addNode('half', { temp: half });
    const user = await addUser(database.db);
    const ids = await queue.addTasks(user, 3, { node: 'half', tempBytes: 200 * mebibyte });
    await queue.claim();
    expect(await queue.placedOn(ids)).toEqual({});
    await queue.tellVitals('half', { temp: { ...half, writtenBytes: 600 * mebibyte } });
    await queue.claim();
    expect(await queue.placedOn(ids)).toEqual({ half: 2 });
    await queue.clear();
  });

  it('S5 a node that has the archives at hand keeps its temporary space for other work', async () => {
    const mebibyte = 2 ** 20;
    const temp = tempForTest(300 * mebibyte);
    await queue.addNode('here', {
      type: 'embedded',
      capabilities: ['create-archive', 'extract-archive'],
      temp,
    });
    const user = await addUser(database.db);
    const wanted = { node: 'here', tempBytes: 250 * mebibyte };
    const read = await queue.addTasks(user, 4, { ...wanted, kind: 'extract-archive' });
    await queue.claim();
    const made = await queue.addTasks(user, 2, wanted);
    await queue.claim();
    expect([await queue.placedOn(read), await queue.placedOn(made)]).toEqual([{ here: 4 }, { here: 1 }]);
    await queue.clear();
    await database.db.deleteFrom('nodes').where('name', '=', 'here').execute();
  });

  it('T8 the part of another user is placed before the backlog of the first', async () => {
    await queue.addNode('carla', { workers: 1 });
    const [first, second] = [await addUser(database.db), await addUser(database.db)];
    const backlog = await queue.addTasks(first, 20, { node: 'carla' });
    const [one] = await queue.addTasks(second, 1, { node: 'carla' });
    await queue.claim();
    expect(await queue.placedOn([one ?? ''])).toEqual({ carla: 1 });
    expect(await queue.placedOn(backlog)).toEqual({ carla: 1 });
    await queue.clear();
  });

  it('N11 parts of a group go only to its nodes, and say so when none of them can take it', async () => {
    const user = await addUser(database.db);
    const inGroup = await queue.addTasks(user, 6);
    const other = await addUser(database.db);
    await queue.limitGroupOf(user, { allowed_nodes: JSON.stringify([queue.nodes.berta]) });
    await queue.claim();
    expect(await queue.placedOn(inGroup)).toEqual({ berta: 6 });
    await queue.limitGroupOf(user, { allowed_nodes: JSON.stringify([crypto.randomUUID()]) });
    const stuck = await queue.addTasks(user, 3);
    const free = await queue.addTasks(other, 3);
    await queue.claim();
    expect(Object.values(await queue.placedOn(free)).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(await queue.placedOn(stuck)).toEqual({});
    expect(await queue.waitingFor(stuck)).toSatisfy((reasons: string[]) =>
      reasons.every((reason) => reason.includes('anna: not for your group')),
    );
    expect(await queue.hasAlternative(stuck[0] ?? '')).toBe(false);
    expect(await queue.hasAlternative(free[0] ?? '')).toBe(true);
    await queue.clear();
  });

  it('U1 a user runs as many tasks at once as the group allows, by several masters too; the others say why they wait', async () => {
    const [user, other] = [await addUser(database.db), await addUser(database.db)];
    await queue.limitGroupOf(user, { max_running_tasks: 2 });
    const limited = await queue.addTasks(user, 6);
    const free = await queue.addTasks(other, 6);
    await Promise.all([queue.claim(), queue.claim(), queue.claim()]);
    const total = async (ids: string[]) =>
      Object.values(await queue.placedOn(ids)).reduce((sum, count) => sum + count, 0);
    expect([await total(limited), await total(free)]).toEqual([2, 6]);
    const reasons = await queue.waitingFor(limited);
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
    await queue.claim();
    expect(await total(limited)).toBe(3);
    await queue.limitGroupOf(user, { max_running_tasks: null });
    await queue.claim();
    expect(await total(limited)).toBe(6);
    await queue.clear();
  });

  it('U1 M10 a task that no node can take does not use up the tasks at once, and parts of a running task go on', async () => {
    const user = await addUser(database.db);
    await queue.limitGroupOf(user, { max_running_tasks: 1 });
    const stuck = await queue.addTasks(user, 3, { kind: 'extract-archive' });
    const [first = '', second = ''] = await queue.addTasks(user, 2);
    await queue.claim();
    expect(await queue.placedOn(stuck)).toEqual({});
    expect(
      [
        Object.keys(await queue.placedOn([first])).length,
        Object.keys(await queue.placedOn([second])).length,
      ].toSorted(),
    ).toEqual([0, 1]);
    const [running = '', waiting = ''] =
      Object.keys(await queue.placedOn([first])).length === 1 ? [first, second] : [second, first];
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
    await queue.claim();
    expect(await queue.placedOn([waiting])).toEqual({});
    expect(Object.keys(await queue.placedOn([more]))).toHaveLength(1);
    await queue.clear();
  });
});
