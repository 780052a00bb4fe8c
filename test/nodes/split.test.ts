import { randomBytes } from 'node:crypto';
import type { TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';
import { type Contents, contentsOf, describeBytes } from '../support/user-files.ts';

describe('a large extraction shared by two nodes', () => {
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
});
