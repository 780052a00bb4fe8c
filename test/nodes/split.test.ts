import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RejectedEntry, Task, TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';
import { type Contents, contentsOf, describeBytes } from '../support/user-files.ts';

describe('a large zip shared by two nodes', () => {
  let master: RunningMaster;
  let user: Api;
  let proxy: FaultProxy;
  const slaves: Record<string, ClusterSlave> = {};
  const expected: Contents = {};

  beforeAll(async () => {
    proxy = await startFaultProxy();
    master = await startMasterBehind(proxy, {
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1', LONGSHORE_TASKS_SPLIT_ABOVE: '2 MiB' },
    });
    user = await signIn(master.url);
    slaves.anna = await addSlave(user, { name: 'anna', weight: 3 });
    slaves.berta = await addSlave(user, { name: 'berta', weight: 2 });
    for (let index = 0; index < 100; index += 1) {
      const content = randomBytes(80_000);
      expected[`file-${index}`] = describeBytes(content);
      await user.put(`/files/file-${index}`, content);
    }
    const made = await user.submit({
      kind: 'create-archive',
      sources: ['/files'],
      destination: '/files.zip',
    });
    await user.ended(made.id);
  });
  afterAll(closeAll);

  const create = (destination: string, more: object = {}) =>
    user.submit({ kind: 'create-archive', sources: ['/files', '/mixed'], destination, ...more });
  const extract = (destination: string) =>
    user.submit({ kind: 'extract-archive', source: '/files.zip', destination });
  const sharesOf = (task: TaskDetail) =>
    Object.groupBy(task.parts, (part) => part.attempts.at(-1)?.node ?? '');

  it('T11 N5 is split into shares by weight: five parts over weights 3 and 2 are three and two', async () => {
    const { id } = await extract('/out');
    const task = await user.ended(id);
    expect(task).toMatchObject({ state: 'completed', rejectedEntries: 0, outputs: ['/out/files'] });
    const shares = sharesOf(task);
    expect([shares.anna?.length, shares.berta?.length]).toEqual([3, 2]);
    expect(await contentsOf(user, '/out/files')).toEqual(expected);
    expect(task.progress).toMatchObject({ phase: 'done', entriesDone: 101 });
  });

  it('T11 A3 when one node is killed only its parts are done again, by the other', async () => {
    proxy.set({ rate: 700_000 });
    const { id } = await extract('/out-2');
    await eventually('both are at work', async () => {
      const { parts } = await user.task(id);
      return parts.length === 5 && parts.every((part) => part.state === 'running');
    });
    await slaves.anna?.program.kill();
    proxy.heal();
    const task = await user.ended(id, 60_000);
    expect(task).toMatchObject({ state: 'completed', error: null, rejectedEntries: 0 });
    const attempts = task.parts.map((part) => part.attempts.map(({ state, node }) => `${state} by ${node}`));
    expect(attempts.toSorted()).toEqual([
      ['completed by berta'],
      ['completed by berta'],
      ['lost by anna', 'completed by berta'],
      ['lost by anna', 'completed by berta'],
      ['lost by anna', 'completed by berta'],
    ]);
    expect(await contentsOf(user, '/out-2/files')).toEqual(expected);
  });

  it('T3 T11 cancel stops every part', async () => {
    await slaves.anna?.restart();
    await eventually('anna is back', async () => (await user.node('anna')).health === 'online');
    proxy.set({ rate: 700_000 });
    const { id } = await extract('/out-3');
    await eventually('it runs', async () =>
      (await user.task(id)).parts.some((part) => part.state === 'running'),
    );
    await user.call('POST', `/api/v1/tasks/${id}/cancel`);
    proxy.heal();
    await eventually(
      'both are idle',
      async () => {
        const nodes = await Promise.all([user.node('anna'), user.node('berta')]);
        return nodes.every(
          ({ vitals, leasedParts }) => vitals?.running === 0 && vitals.queued === 0 && leasedParts === 0,
        );
      },
      5_000,
    );
    expect((await user.task(id)).parts.map((part) => part.state)).toEqual(Array(5).fill('canceled'));
    expect((await user.send('GET', '/api/v1/files/stat?path=/out-3')).status).toBe(404);
  });

  /** The part that joins, as soon as a node is at it. */
  const joining = (id: string) =>
    eventually(
      'it is joined',
      async () => {
        const { finishedAtMs, parts } = await user.task(id);
        if (finishedAtMs !== null) throw new Error('it has ended before it was seen to be joined');
        const last = parts.at(-1);
        return last?.joins === true && last.state === 'running' && last;
      },
      60_000,
    );

  it('T11 A1 what is made in pieces by weight and joined is the archive that one node makes', async () => {
    await user.put('/mixed/ünï 世界/log.txt', Buffer.alloc(1_500_000, 'one line of many\n'));
    await user.put('/mixed/ünï 世界/nothing', Buffer.alloc(0));
    await user.call('POST', '/api/v1/folders', { path: '/mixed/empty' });
    const alone = await user.ended((await create('/alone.zip', { node: 'berta' })).id);
    expect(alone).toMatchObject({ state: 'completed', parts: [{ joins: false }] });
    const { id } = await create('/shared.zip');
    const task = await user.ended(id);
    expect(task).toMatchObject({ state: 'completed', rejectedEntries: 0, outputs: ['/shared.zip'] });
    expect(task.parts.map(({ joins }) => joins)).toEqual([false, false, false, false, false, true]);
    const pieces = { ...task, parts: task.parts.slice(0, -1) };
    expect([sharesOf(pieces).anna?.length, sharesOf(pieces).berta?.length]).toEqual([3, 2]);
    const made = await user.get('/shared.zip');
    expect(made.equals(await user.get('/alone.zip'))).toBe(true);
    const { entriesDone, entriesTotal } = alone.progress;
    expect(task.progress).toMatchObject({ phase: 'done', entriesDone, entriesTotal });
    expect(task.progress.bytesDone).toBe(task.progress.bytesTotal);
    expect(task.progress.bytesTotal).toBe((alone.progress.bytesTotal ?? 0) + sizeOfPieces(task));
  });

  /** Bytes that the part that joins has read. */
  const sizeOfPieces = (task: TaskDetail) => task.parts.at(-1)?.progress.bytesTotal ?? 0;

  it('T11 A3 when the node that joins is killed another one joins, and nothing else is done again', async () => {
    proxy.set({ rate: 3_000_000 });
    const { id } = await create('/again.zip');
    const waiting = await eventually('it is planned', async () => (await user.task(id)).parts.at(-1));
    expect(waiting).toMatchObject({ state: 'blocked', joins: true, waiting: { kind: 'other-parts' } });
    const victim = (await joining(id)).attempts.at(-1)?.node ?? '';
    await slaves[victim]?.program.kill();
    proxy.heal();
    const task = await user.ended(id, 60_000);
    expect(task).toMatchObject({ state: 'completed', error: null, rejectedEntries: 0 });
    const attempts = task.parts.map((part) => part.attempts.map(({ state }) => state));
    expect(attempts).toEqual([...Array(5).fill(['completed']), ['lost', 'completed']]);
    expect((await user.get('/again.zip')).equals(await user.get('/alone.zip'))).toBe(true);
    await slaves[victim]?.restart();
    await eventually('it is back', async () => (await user.node(victim)).health === 'online');
  });

  it('T3 T11 it is canceled while its pieces are made, and while they are joined', async () => {
    proxy.set({ rate: 3_000_000 });
    for (const [destination, begun] of [
      ['/stopped-1.zip', (id: string) => eventually('it runs', () => hasBegun(id))],
      ['/stopped-2.zip', joining],
    ] as const) {
      const { id } = await create(destination);
      await begun(id);
      await user.call('POST', `/api/v1/tasks/${id}/cancel`);
      const { state, parts } = await user.task(id);
      expect([state, parts.at(-1)?.state]).toEqual(['canceled', 'canceled']);
      await eventually('both are idle', async () => {
        const nodes = await Promise.all([user.node('anna'), user.node('berta')]);
        return nodes.every(({ vitals, leasedParts }) => vitals?.running === 0 && leasedParts === 0);
      });
    }
    proxy.heal();
  });

  const hasBegun = async (id: string) => (await user.task(id)).parts.some(({ state }) => state === 'running');

  it('T11 A8 sources that are lost are told of by name over all pieces, and only all of them fail it', async () => {
    const contents = Array.from({ length: 4 }, () => randomBytes(800_000));
    for (const [at, content] of contents.entries()) await user.put(`/lossy/${at}`, content);
    await removeBlob(contents[1]);
    const ends = await Promise.all(
      [{}, { node: 'berta' }].map(async (more, at) => {
        const sources = ['/lossy'];
        const { id } = await create(`/lossy-${at}.zip`, { sources, ...more });
        const { state, error, rejectedEntries, parts } = await user.ended(id);
        const { entries } = await user.call<{ entries: RejectedEntry[] }>(
          'GET',
          `/api/v1/tasks/${id}/rejected`,
        );
        return { told: { state, error, rejectedEntries, entries }, parts: parts.length };
      }),
    );
    expect(ends.map(({ parts }) => parts)).toEqual([5, 1]);
    expect(ends[0]?.told).toEqual(ends[1]?.told);
    expect(ends[0]?.told).toMatchObject({
      state: 'completed-with-errors',
      entries: [{ index: 2, name: 'lossy/1' }],
    });
    expect((await user.get('/lossy-0.zip')).equals(await user.get('/lossy-1.zip'))).toBe(true);

    for (const at of [0, 2, 3]) await removeBlob(contents[at]);
    const { id } = await create('/nothing.zip', { sources: ['/lossy'] });
    expect(await user.ended(id)).toMatchObject({
      state: 'failed',
      rejectedEntries: 4,
      error: { code: ends[0]?.told.entries[0]?.code },
    });
  });

  /** As if the disk had lost it. */
  async function removeBlob(content: Buffer | undefined): Promise<void> {
    const entries = await readdir(join(master.dataPath, 'blobs'), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && content !== undefined && (await readFile(path)).equals(content)) await rm(path);
    }
  }

  it('T11 of pieces nothing is left in the store', async () => {
    for (const slave of Object.values(slaves)) {
      expect(await slave.leftovers()).toEqual([]);
      await slave.program.stop();
    }
    await master.stop();
    const found = await inspectData(master.dataPath);
    expect({ ...found, missing: [] }).toMatchObject({ ...clean, orphans: 0, abandoned: 0 });
  });
});

describe('T11 A8 what a shared extraction has of a selection, and of a damaged archive', () => {
  let user: Api;
  let whole: Buffer;
  const files = 12;
  const content = Buffer.alloc(100_000, 'one line of many that are all the same\n');

  beforeAll(async () => {
    const master = await startMaster({
      embeddedNode: false,
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1', LONGSHORE_TASKS_SPLIT_ABOVE: '800 KB' },
    });
    user = await signIn(master.url);
    for (const name of ['anna', 'berta']) await addSlave(user, { name });
    for (let index = 0; index < files; index += 1) await user.put(`/files/${nameOf(index)}`, content);
    const made = await user.submit({
      kind: 'create-archive',
      sources: ['/files'],
      destination: '/files.zip',
      level: 0,
    });
    await user.ended(made.id);
    whole = await user.get('/files.zip');
  });
  afterAll(closeAll);

  const nameOf = (index: number) => `file-${String(index).padStart(2, '0')}`;
  const extract = async (source: string, destination: string, select: string[] = []) => {
    const { id } = await user.submit({ kind: 'extract-archive', source, destination, select });
    return user.ended(id);
  };
  /** The archive with the content of some files damaged. */
  async function putDamaged(path: string, indices: readonly number[]): Promise<void> {
    const damaged = Buffer.from(whole);
    for (const index of indices) damaged.write('X', damaged.indexOf(nameOf(index)) + 1000);
    await user.put(path, damaged);
  }

  it('a selection is shared by its own bytes, wherever it lies', async () => {
    const select = [8, 9, 10, 11].map((index) => `files/${nameOf(index)}`);
    const task = await extract('/files.zip', '/chosen', select);
    expect(task).toMatchObject({ state: 'completed', rejectedEntries: 0 });
    expect(task.parts.map(({ progress }) => progress.entriesDone)).toEqual([2, 2]);
    expect(Object.keys(await contentsOf(user, '/chosen/files'))).toHaveLength(4);
  });

  it('one file of it is one part', async () => {
    const task = await extract('/files.zip', '/one', [`files/${nameOf(0)}`]);
    expect(task).toMatchObject({ state: 'completed', parts: [{ state: 'completed' }] });
  });

  it('nothing of it is NOTHING_SELECTED', async () => {
    const task = await extract('/files.zip', '/none', ['no/such']);
    expect(task).toMatchObject({ state: 'failed', error: { code: 'NOTHING_SELECTED' } });
  });

  it('T4 what was damaged is extracted again alone', async () => {
    await putDamaged('/bad.zip', [10]);
    const { id, ...task } = await extract('/bad.zip', '/again');
    expect(task).toMatchObject({ state: 'completed-with-errors', rejectedEntries: 1 });
    expect(task.parts).toHaveLength(2);
    await user.put('/bad.zip', whole, 'overwrite');
    const again = await user.call<Task>('POST', `/api/v1/tasks/${id}/retry`, {
      onlyRejected: true,
      conflict: 'overwrite',
    });
    expect(await user.ended(again.id)).toMatchObject({ state: 'completed', rejectedEntries: 0 });
    expect(Object.keys(await contentsOf(user, '/again/files'))).toHaveLength(files);
  });

  it('a share of which nothing can be read costs only its own entries', async () => {
    await putDamaged('/half.zip', [6, 7, 8, 9, 10, 11]);
    const task = await extract('/half.zip', '/half');
    expect(task).toMatchObject({ state: 'completed-with-errors', error: null, rejectedEntries: 6 });
    expect(task.parts.map(({ state, error }) => [state, error])).toEqual(Array(2).fill(['completed', null]));
    expect(Object.keys(await contentsOf(user, '/half/files'))).toHaveLength(6);
  });

  it('when nothing of any share can be read it fails as one part would', async () => {
    const every = Array.from({ length: files }, (_, index) => index);
    await putDamaged('/all-bad.zip', every);
    const select = [`files/${nameOf(0)[0]}*`];
    const task = await extract('/all-bad.zip', '/nothing', select);
    expect(task.parts).toHaveLength(2);
    expect(task).toMatchObject({
      state: 'failed',
      error: { code: 'ARCHIVE_CORRUPT' },
      rejectedEntries: files,
    });
  });
});
