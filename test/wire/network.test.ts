import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskDetail } from '@longshore/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';
import { contentsOfArchive, describeBytes } from '../support/user-files.ts';

const heartbeatMs = 1_000;
const leaseMs = 3 * heartbeatMs;

describe('a network that fails', () => {
  let master: RunningMaster;
  let user: Api;
  let slave: ClusterSlave;
  /** The slave's way to the master, and the master's way to the slave. */
  let up: FaultProxy;
  let down: FaultProxy;
  const content = randomBytes(3_000_000);
  let count = 0;

  beforeAll(async () => {
    up = await startFaultProxy();
    down = await startFaultProxy();
    master = await startMasterBehind(up, {
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: String(heartbeatMs / 1000) },
    });
    user = await signIn(master.url);
    await user.put('/big.bin', content);
    await user.put('/tiny.txt', Buffer.from('tiny'));
    slave = await addSlave(user, {
      name: 'anna',
      via: down,
      env: {
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_RETRY_DELAY: '0.3',
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_BACKOFF_FACTOR: '1',
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_MAX_RETRY: '100',
      },
    });
  });
  afterEach(async () => {
    up.heal();
    down.heal();
    if (master.child.exitCode === null) await untilOnline(user, 'anna');
  });
  afterAll(closeAll);

  const compress = (source = '/big.bin') => {
    count += 1;
    return user.submit({ kind: 'create-archive', sources: [source], destination: `/made-${count}.zip` });
  };
  const underWay = (id: string): Promise<unknown> =>
    eventually('under way', async () => (await user.task(id)).progress.bytesDone > content.length / 5);
  const expectWhole = async (id: string): Promise<TaskDetail> => {
    const task = await user.ended(id, 60_000);
    expect(task).toMatchObject({ state: 'completed', error: null });
    expect(await contentsOfArchive(user, task.outputs[0] ?? '')).toEqual({
      'big.bin': describeBytes(content),
    });
    return task;
  };
  const attemptsOf = (task: TaskDetail) => task.parts[0]?.attempts.map(({ state }) => state);

  it.each(['silence', 'refusal'])(
    'B1 a cut longer than the lease, by %s: the attempt is lost, the next one counts',
    async (how) => {
      up.set({ rate: 1_000_000 });
      const { id } = await compress();
      await underWay(id);
      const fault = how === 'silence' ? { stalled: ['up', 'down'] as const } : { refusing: true };
      up.set(fault);
      down.set(fault);
      if (how === 'refusal') {
        up.cutAll();
        down.cutAll();
      }
      await eventually('the lease is lost', async () => attemptsOf(await user.task(id))?.[0] === 'lost');
      up.heal();
      down.heal();
      const task = await expectWhole(id);
      expect(attemptsOf(task)?.at(-1)).toBe('completed');
      expect(attemptsOf(task)?.filter((state) => state === 'completed')).toHaveLength(1);
      expect(await slave.leftovers()).toEqual([]);
    },
  );

  it('B1 a cut shorter than the lease costs nothing', async () => {
    up.set({ rate: 1_000_000 });
    const { id } = await compress();
    await underWay(id);
    up.set({ stalled: ['up', 'down'] });
    down.set({ stalled: ['up', 'down'] });
    await delay(leaseMs / 3);
    up.heal();
    down.heal();
    expect(attemptsOf(await expectWhole(id))).toEqual(['completed']);
  });

  it('B2 answers are lost on both ways, again and again: each task is done once', async () => {
    const ids = await Promise.all(Array.from({ length: 25 }, async () => (await compress('/tiny.txt')).id));
    for (let round = 0; round < 8; round += 1) {
      up.set({ cut: { direction: 'down', afterBytes: 0 } });
      down.set({ cut: { direction: 'down', afterBytes: 0 } });
      await delay(120);
      up.heal();
      down.heal();
      await delay(150);
    }
    expect(up.strikes() + down.strikes()).toBeGreaterThan(5);
    for (const id of ids) {
      const task = await user.ended(id, 60_000);
      expect(task).toMatchObject({ state: 'completed', error: null });
      const completed = task.parts[0]?.attempts.filter(({ state }) => state === 'completed') ?? [];
      expect(completed).toHaveLength(1);
      const events = completed[0]?.events.map(({ event }) => event) ?? [];
      expect(new Set(events).size).toBe(events.length);
    }
    const { entries } = await user.call<{ entries: { name: string }[] }>('GET', '/api/v1/files?path=/');
    const names = entries.map(({ name }) => name).filter((name) => name.startsWith('made-'));
    expect(names).toHaveLength(count);
  });

  it.each([
    ['up', 1],
    ['up', 700_000],
    ['up', 2_900_000],
    ['down', 1],
    ['down', 700_000],
    ['down', 2_900_000],
  ] as const)('B3 connections cut %s after %i bytes: the archive is whole', async (direction, afterBytes) => {
    const struck = up.strikes();
    up.set({ cut: { direction, afterBytes } });
    const { id } = await compress();
    // What is left to read after the largest cut is too little for another.
    const times = direction === 'down' && afterBytes > content.length / 2 ? 1 : 2;
    await eventually('the fault strikes', async () => up.strikes() >= struck + times);
    up.heal();
    await expectWhole(id);
  });

  it.each(['up', 'down'] as const)(
    'B4 bits turned on the way %s are noticed by digest, and the transfer is tried again',
    async (direction) => {
      up.set({ flip: { direction, everyBytes: 350_000 } });
      const { id } = await compress();
      const failed = await eventually('the fault is noticed', async () => {
        const events = (await user.task(id)).parts[0]?.attempts.flatMap((attempt) => attempt.events);
        return events?.find((event) => event.error !== null);
      });
      expect(failed.error?.code).toMatch(/^(CHECKSUM_MISMATCH|TRANSFER_FAILED|SOURCE_CHANGED)$/);
      up.heal();
      await expectWhole(id);
    },
  );

  it('B1 B3 nothing is left of what broke off', async () => {
    expect(await slave.program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject({ ...clean, orphans: 0, abandoned: 0 });
  });
});
