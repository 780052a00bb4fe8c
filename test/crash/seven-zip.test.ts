import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sevenZipsOf } from '../../packages/slave/src/archive/test-support/seven-zips-of.ts';
import { type Api, signIn, type TaskRequest } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { makeRar } from '../support/make-rar.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';
import { contentsOf, describeBytes } from '../support/user-files.ts';

/** More than pipes hold, and more than 7-Zip packs before anybody can kill it. */
const fileBytes = 6_000_000;
const bytesPerSecond = 3_000_000;
const mostMs = 5_000;

describe('work that 7-Zip does for a slave', () => {
  let master: RunningMaster;
  let user: Api;
  let proxy: FaultProxy;
  let slave: ClusterSlave;
  const content = { 'one.bin': randomBytes(fileBytes), 'two.bin': randomBytes(fileBytes / 2) };

  beforeAll(async () => {
    proxy = await startFaultProxy();
    master = await startMasterBehind(proxy, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '3' } });
    user = await signIn(master.url);
    slave = await addSlave(user, { name: 'anna' });
    await user.call('POST', '/api/v1/folders', { path: '/content' });
    for (const [name, bytes] of Object.entries(content)) await user.put(`/content/${name}`, bytes);
    await user.put('/content.rar', makeRar(content));
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/content'],
      destination: '/content.7z',
      level: 0,
    });
    expect(await user.ended(id)).toMatchObject({ state: 'completed' });
  });
  afterAll(closeAll);

  const works: { name: string; request: (to: string) => TaskRequest; top: string; rate?: number }[] = [
    {
      name: 'create 7z',
      top: '',
      request: (to) => ({
        kind: 'create-archive',
        sources: ['/content'],
        destination: `${to}.7z`,
        level: 'best',
      }),
    },
    {
      name: 'extract 7z',
      top: 'content/',
      rate: bytesPerSecond,
      request: (to) => ({ kind: 'extract-archive', source: '/content.7z', destination: to }),
    },
    {
      name: 'extract rar',
      top: '',
      rate: bytesPerSecond,
      request: (to) => ({ kind: 'extract-archive', source: '/content.rar', destination: to }),
    },
  ];

  const sevenZips = () => sevenZipsOf(slave.dataPath).filter(({ isShell }) => !isShell);

  /** Resolves when 7-Zip makes the archive, or is in the middle of what it reads. */
  async function underWay(id: string, request: TaskRequest): Promise<void> {
    await eventually('7-Zip at work', async () => {
      const { progress } = await user.task(id);
      return sevenZips().length > 0 && (request.kind === 'create-archive' || progress.bytesDone > 1_000_000);
    });
  }

  const nothingLeft = (): Promise<unknown> =>
    eventually(
      'no 7-Zip and no temporary file',
      async () => sevenZipsOf(slave.dataPath).length === 0 && (await slave.leftovers()).length === 0,
      mostMs,
    );

  it.each(works)('T3 A11 $name ends when it is canceled', async ({ request, rate }) => {
    proxy.set(rate === undefined ? {} : { rate });
    const wanted = request('/canceled');
    const { id } = await user.submit(wanted);
    await underWay(id, wanted);
    const answer = await user.send('POST', `/api/v1/tasks/${id}/cancel`);
    expect(answer.body).toMatchObject({ state: 'canceled' });
    await nothingLeft();
  });

  it.each(works)('A1 A11 $name ends with a slave that is killed, and completes by the next', async (work) => {
    proxy.set(work.rate === undefined ? {} : { rate: work.rate });
    const to = `/made-${work.name.replace(' ', '-')}`;
    const wanted = work.request(to);
    const { id } = await user.submit(wanted);
    await underWay(id, wanted);
    await slave.program.kill();
    await eventually('no 7-Zip', async () => sevenZipsOf(slave.dataPath).length === 0, 1_000);
    proxy.heal();
    await slave.restart();
    const task = await user.ended(id, 60_000);

    expect(task).toMatchObject({ state: 'completed', error: null, rejectedEntries: 0 });
    expect(task.parts[0]?.attempts).toMatchObject([{ state: 'completed' }]);
    if (wanted.kind === 'extract-archive') {
      const files = Object.entries(content).map(([name, bytes]) => [work.top + name, describeBytes(bytes)]);
      expect(await contentsOf(user, to)).toMatchObject(Object.fromEntries(files));
    }
    await nothingLeft();
  });

  it('A1 A11 nothing is left behind', async () => {
    expect(await slave.program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject({ ...clean, orphans: 0 });
  });
});
