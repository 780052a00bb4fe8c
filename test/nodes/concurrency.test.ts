import { randomBytes } from 'node:crypto';
import type { BatchResult, ErrorInfo, Task } from '@longshore/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Api, addUser, signIn } from '../support/api.ts';
import { addSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';
import { contentsOf, contentsOfArchive, describeBytes } from '../support/user-files.ts';

/** Users who change their files while tasks work on them, and users who want more than their share. */
describe('at the same time', () => {
  let master: RunningMaster;
  let user: Api;
  let up: FaultProxy;
  const content = randomBytes(2_000_000);
  let folder = '';
  let count = 0;

  beforeAll(async () => {
    up = await startFaultProxy();
    master = await startMasterBehind(up, {});
    user = await signIn(master.url);
    await addSlave(user, {
      name: 'anna',
      env: { LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '2' },
    });
  });
  beforeEach(async () => {
    up.heal();
    count += 1;
    folder = `/case-${count}`;
    await user.call('POST', '/api/v1/folders', { path: folder });
    await user.put(`${folder}/big.bin`, content);
  });
  afterAll(closeAll);

  /** Compresses the large file on a slow way, and answers the task when it is in the middle. */
  const compressing = async (destination: string): Promise<string> => {
    up.set({ rate: 1_000_000 });
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: [`${folder}/big.bin`],
      destination,
      level: 0,
    });
    await eventually('under way', async () => (await user.task(id)).progress.bytesDone > content.length / 8);
    return id;
  };
  const move = (from: string, to: string) => user.call('POST', '/api/v1/files/move', { from, to });
  const remove = (path: string) => user.call('POST', '/api/v1/files/delete', { paths: [path] });
  const whole = { 'big.bin': describeBytes(content) };

  it.each(['moved', 'deleted', 'replaced'])(
    'M4 a source that is %s while it is read: the task has the bytes it was given',
    async (how) => {
      const id = await compressing(`${folder}/made.zip`);
      if (how === 'moved') await move(`${folder}/big.bin`, `${folder}/elsewhere.bin`);
      if (how === 'deleted') await remove(`${folder}/big.bin`);
      if (how === 'replaced') await user.put(`${folder}/big.bin`, Buffer.from('other'), 'overwrite');
      up.heal();
      expect(await user.ended(id)).toMatchObject({ state: 'completed', error: null });
      expect(await contentsOfArchive(user, `${folder}/made.zip`)).toEqual(whole);
    },
  );

  it('M4 the folder of the destination is moved: it is made again where the task was told to write', async () => {
    await user.call('POST', '/api/v1/folders', { path: `${folder}/target` });
    const id = await compressing(`${folder}/target/made.zip`);
    await move(`${folder}/target`, `${folder}/moved`);
    up.heal();
    const destination = `${folder}/target/made.zip`;
    expect(await user.ended(id)).toMatchObject({ state: 'completed', outputs: [destination] });
    expect(await contentsOfArchive(user, destination)).toEqual(whole);
    expect(await contentsOf(user, `${folder}/moved`)).toEqual({});
  });

  it('M4 a file takes the name of the destination meanwhile: it is not touched', async () => {
    const id = await compressing(`${folder}/made.zip`);
    await user.put(`${folder}/made.zip`, Buffer.from('mine'));
    up.heal();
    expect(await user.ended(id)).toMatchObject({
      state: 'failed',
      error: { code: 'PATH_EXISTS', message: expect.stringContaining('made.zip') },
    });
    expect(String(await user.get(`${folder}/made.zip`))).toBe('mine');
  });

  it('M6 what runs cannot be tried again beside it', async () => {
    const id = await compressing(`${folder}/made.zip`);
    const again = await user.send<{ error: ErrorInfo }>('POST', `/api/v1/tasks/${id}/retry`, { body: {} });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'TASK_NOT_FINAL' } } });
    up.heal();
    expect((await user.ended(id)).parts[0]?.attempts).toHaveLength(1);
  });

  it('M7 two extractions into one folder: every file is whole, and of one of them', async () => {
    const archives = ['one', 'two'];
    const expected: Record<string, string[]> = {};
    for (const archive of archives) {
      await user.call('POST', '/api/v1/folders', { path: `${folder}/${archive}` });
      for (const name of ['a', 'b', 'c', 'd']) {
        const bytes = randomBytes(200_000);
        expected[name] = [...(expected[name] ?? []), describeBytes(bytes)];
        await user.put(`${folder}/${archive}/${name}`, bytes);
      }
      const sources = ['a', 'b', 'c', 'd'].map((name) => `${folder}/${archive}/${name}`);
      const made = await user.submit({
        kind: 'create-archive',
        sources,
        destination: `${folder}/${archive}.zip`,
      });
      expect(await user.ended(made.id)).toMatchObject({ state: 'completed' });
    }
    const extract = (archive: string, conflict: string, destination: string) =>
      user.submit({ kind: 'extract-archive', source: `${folder}/${archive}.zip`, destination, conflict });
    up.set({ rate: 1_000_000 });
    const over = await Promise.all(archives.map((archive) => extract(archive, 'overwrite', `${folder}/out`)));
    const renamed = await Promise.all(
      archives.map((archive) => extract(archive, 'rename', `${folder}/both`)),
    );
    for (const { id } of [...over, ...renamed]) {
      expect(await user.ended(id)).toMatchObject({ state: 'completed', error: null });
    }
    const out = await contentsOf(user, `${folder}/out`);
    expect(Object.keys(out).toSorted()).toEqual(['a', 'b', 'c', 'd']);
    for (const [name, content] of Object.entries(out)) expect(expected[name]).toContain(content);
    const both = await contentsOf(user, `${folder}/both`);
    const all = Object.values(expected).flat();
    expect(
      Object.values(both)
        .filter((value) => value !== 'folder')
        .toSorted(),
    ).toEqual(all.toSorted());
  });

  it('T8 M9 a short task of one user does not wait for the long backlog of another', async () => {
    const berta = await addUser(user, 'berta');
    await berta.put('/tiny.txt', Buffer.from('tiny'));
    up.set({ rate: 3_000_000 });
    const backlog: string[] = [];
    for (const some of [0, 500]) {
      const tasks = Array.from({ length: 500 }, (_, index) => ({
        kind: 'create-archive',
        sources: [`${folder}/big.bin`],
        destination: `${folder}/backlog-${some + index}.zip`,
        level: 0,
      }));
      const { results } = await user.call<{ results: BatchResult[] }>('POST', '/api/v1/tasks/batch', {
        tasks,
      });
      backlog.push(...results.map(({ task }) => task?.id ?? ''));
    }
    const { id } = await berta.submit({
      kind: 'create-archive',
      sources: ['/tiny.txt'],
      destination: '/tiny.zip',
    });
    const urgent = await user.submit({
      kind: 'create-archive',
      sources: [`${folder}/big.bin`],
      destination: `${folder}/urgent.zip`,
      level: 0,
      priority: 'high',
    });
    expect(await berta.ended(id)).toMatchObject({ state: 'completed' });
    expect(await user.ended(urgent.id)).toMatchObject({ state: 'completed' });
    // Two workers: what ran when it came, and what followed at most.
    const { tasks: done } = await user.call<{ tasks: Task[] }>(
      'GET',
      '/api/v1/tasks?state=completed&limit=500',
    );
    expect(done.filter((task) => backlog.includes(task.id)).length).toBeLessThan(8);
    for (const ids of [backlog.slice(0, 500), backlog.slice(500)]) {
      await user.call('POST', '/api/v1/tasks/bulk', { action: 'cancel', ids });
    }
    up.heal();
    const ends = await Promise.all(backlog.map(async (one) => (await user.ended(one, 60_000)).state));
    expect(ends.filter((state) => state !== 'completed' && state !== 'canceled')).toEqual([]);
  });

  it('M4 M6 M7 nothing is left behind', async () => {
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject(clean);
  });
});
