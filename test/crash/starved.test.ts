import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Node } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';
import { contentsOfArchive, describeBytes } from '../support/user-files.ts';

const heartbeatMs = 2_000;
const quickRetries = {
  LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_RETRY_DELAY: '0.2',
  LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_BACKOFF_FACTOR: '1',
  LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_MAX_RETRY: '50',
};

/** Slaves with too little of something, each for tests of its own. */
describe('a slave in need', () => {
  let master: RunningMaster;
  let user: Api;
  let up: FaultProxy;
  let slave: ClusterSlave;
  const text = Buffer.from(
    Array.from(
      { length: 400_000 },
      (_, line) => `${line} ${(line * 2654435761) % 99991} some line of a log\n`,
    ).join(''),
  );
  const small: Record<string, string> = {};

  beforeAll(async () => {
    up = await startFaultProxy();
    master = await startMasterBehind(up, {
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: String(heartbeatMs / 1000) },
    });
    user = await signIn(master.url);
    await user.put('/text.log', text);
    await user.call('POST', '/api/v1/folders', { path: '/small' });
    for (let index = 0; index < 300; index += 1) {
      const bytes = randomBytes(3_000);
      small[`small/${index}`] = describeBytes(bytes);
      await user.put(`/small/${index}`, bytes);
    }
  });
  afterAll(closeAll);

  const use = async (name: string, options: Partial<Parameters<typeof addSlave>[1]>): Promise<void> => {
    slave = await addSlave(user, { name, ...options });
  };
  const retire = async (): Promise<void> => {
    expect(await slave.program.stop()).toBe(0);
    expect(await slave.leftovers()).toEqual([]);
    await user.call('PATCH', `/api/v1/nodes/${slave.name}`, { enabled: false });
  };
  const compress = (sources: string[], destination: string, options: Record<string, unknown> = {}) =>
    user.submit({ kind: 'create-archive', sources, destination, ...options });
  const filesOf = (contents: Record<string, string>) =>
    Object.fromEntries(Object.entries(contents).filter(([, content]) => content !== 'folder'));

  it('A9 on one core, busy with compression, its heartbeats go on', async () => {
    await use('core', { within: ['taskset', '-c', '0'] });
    const ids: string[] = [];
    for (let index = 0; index < 6; index += 1) {
      ids.push((await compress(['/text.log'], `/core-${index}.zip`, { level: 9 })).id);
    }
    const seen = new Set<Node['health']>();
    await eventually(
      'all are done',
      async () => {
        const node = await user.node('core');
        seen.add(node.health);
        const states = await Promise.all(ids.map(async (id) => (await user.task(id)).state));
        return states.every((state) => state === 'completed');
      },
      120_000,
    );
    expect([...seen]).toEqual(['online']);
    for (const id of ids) {
      expect((await user.task(id)).parts[0]?.attempts.map(({ state }) => state)).toEqual(['completed']);
    }
    await retire();
  });

  it.each([
    ['A10 with 128 open files', { within: ['prlimit', '--nofile=128:128'], env: quickRetries }],
    ['A10 with a heap of 48 MiB', { env: { NODE_OPTIONS: '--max-old-space-size=48' } }],
  ])('%s it works, as slowly as it must', async (name, options) => {
    await use(name.replaceAll(' ', '-'), options);
    const ids: string[] = [];
    for (let index = 0; index < 4; index += 1) {
      ids.push((await compress(['/small', '/text.log'], `/${crypto.randomUUID()}.zip`)).id);
    }
    for (const id of ids) {
      const task = await user.ended(id, 120_000);
      expect(task).toMatchObject({ state: 'completed', error: null });
      expect(filesOf(await contentsOfArchive(user, task.outputs[0] ?? ''))).toEqual({
        ...small,
        'text.log': describeBytes(text),
      });
    }
    expect(slave.program.child.exitCode).toBeNull();
    await retire();
  });

  it('A8 work that ends the program each time is given up with the reason, and other work is not', async () => {
    await use('fragile', {
      env: {
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_MAX_RETRY: '2',
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '1',
      },
    });
    up.set({ rate: 1_000_000 });
    const poison = await compress(['/text.log'], '/poison.zip', { level: 0 });
    for (let time = 1; time <= 3; time += 1) {
      await eventually(`it runs for the ${time}. time`, async () => {
        return /try begins/.test(slave.program.log() + slave.program.output());
      });
      await slave.program.kill();
      await slave.restart();
    }
    await untilOnline(user, 'fragile');
    const task = await user.ended(poison.id, 60_000);
    expect(task).toMatchObject({ state: 'failed', error: { code: 'ATTEMPTS_EXHAUSTED' } });
    expect(task.error?.message).toContain('3 times');
    up.heal();
    const healthy = await compress(['/small/1'], '/healthy.zip');
    expect(await user.ended(healthy.id)).toMatchObject({ state: 'completed' });
    await retire();
  });

  it('A8 A9 A10 nothing is left, and no program had an error of its own', async () => {
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject(clean);
    expect(await readFile(`${master.dataPath}/lock.pid`, 'utf8').catch(() => 'gone')).toBe('gone');
  });
});
