import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskDetail } from '@longshore/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, freePort, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster, tempFolder } from '../support/programs.ts';
import { signedRequest, toAnswer } from '../support/signed-peer.ts';
import { contentsOfArchive, describeBytes } from '../support/user-files.ts';

const heartbeatMs = 1_000;
const day = 24 * 60 * 60;

/** Wall clocks that are set while everything runs, on one machine, on the other, or on both. */
describe('clocks that jump', () => {
  let master: RunningMaster;
  let user: Api;
  let anna: ClusterSlave;
  let up: FaultProxy;
  let masterClock: FakeClock;
  let slaveClock: FakeClock;
  const content = randomBytes(2_000_000);
  let count = 0;

  beforeAll(async () => {
    up = await startFaultProxy();
    masterClock = await createFakeClock();
    slaveClock = await createFakeClock();
    master = await startMasterBehind(up, {
      env: { ...masterClock.env, LONGSHORE_MASTER_HEARTBEAT_INTERVAL: String(heartbeatMs / 1000) },
    });
    user = await signIn(master.url);
    await user.put('/big.bin', content);
    await user.put('/tiny.txt', Buffer.from('tiny'));
    anna = await addSlave(user, {
      name: 'anna',
      // A try that a jump of the clock could end by mistake.
      env: { ...slaveClock.env, LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_MAX_EXECUTION: '40' },
    });
  });
  afterEach(async () => {
    up.heal();
    await Promise.all([masterClock.set(0), slaveClock.set(0)]);
    if (master.child.exitCode === null) await untilOnline(user, 'anna');
  });
  afterAll(closeAll);

  const setBoth = (seconds: number) => Promise.all([masterClock.set(seconds), slaveClock.set(seconds)]);
  const compress = (source: string) => {
    count += 1;
    return user.submit({ kind: 'create-archive', sources: [source], destination: `/made-${count}.zip` });
  };
  const underWay = async (): Promise<string> => {
    up.set({ rate: 700_000 });
    const { id } = await compress('/big.bin');
    await eventually('under way', async () => (await user.task(id)).progress.bytesDone > content.length / 6);
    return id;
  };
  const expectWhole = async (id: string): Promise<TaskDetail> => {
    const task = await user.ended(id, 60_000);
    expect(task).toMatchObject({ state: 'completed', error: null });
    const made = await contentsOfArchive(user, task.outputs[0] ?? '');
    expect(made).toEqual({ 'big.bin': describeBytes(content) });
    return task;
  };
  const attemptsOf = (task: TaskDetail) => task.parts[0]?.attempts.map(({ state }) => state);
  const heardAgain = () =>
    eventually('a heartbeat', async () => {
      const { lastHeartbeatAgeMs } = await user.node('anna');
      return lastHeartbeatAgeMs !== null && lastHeartbeatAgeMs < heartbeatMs;
    });

  it.each([40, -40])(
    'E1 the clock of a slave jumps by %i s: it goes on, and its skew is shown',
    async (seconds) => {
      const id = await underWay();
      await slaveClock.set(seconds);
      expect(attemptsOf(await expectWhole(id))).toEqual(['completed']);
      const node = await eventually('the skew is known', async () => {
        const found = await user.node('anna');
        return Math.abs((found.skewMs ?? 0) - seconds * 1000) < 3_000 && found;
      });
      expect(node.health).toBe('online');
    },
  );

  it.each([600, -600])(
    'E1 by %i s: it is refused with both clocks, and back when it is set right',
    async (seconds) => {
      await slaveClock.set(seconds);
      const node = await eventually('the node says why', async () => {
        const found = await user.node('anna');
        return found.lastError?.code === 'CLOCK_SKEW' && found.health === 'offline' && found;
      });
      expect(node.lastError?.message).toMatch(/\d+ ms (ahead of|behind)/);
      const { id } = await compress('/tiny.txt');
      await slaveClock.set(0);
      const setRightMs = performance.now();
      await untilOnline(user, 'anna');
      expect(performance.now() - setRightMs).toBeLessThan(10_000);
      expect(await user.ended(id)).toMatchObject({ state: 'completed', nodes: ['anna'] });
    },
  );

  it.each([day, -day])(
    'E2 all clocks jump by %i s: work goes on, nothing expires, no time is negative',
    async (seconds) => {
      const id = await underWay();
      await setBoth(seconds);
      await heardAgain();
      expect(await user.node('anna')).toMatchObject({ health: 'online', lastError: null });
      const task = await expectWhole(id);
      expect(attemptsOf(task)).toEqual(['completed']);
      const [attempt] = task.parts[0]?.attempts ?? [];
      expect(attempt?.events.filter(({ event }) => / failed/.test(event))).toEqual([]);
      const { id: next } = await compress('/tiny.txt');
      expect(await user.ended(next)).toMatchObject({ state: 'completed' });
      const { vitals, lastHeartbeatAgeMs } = await user.node('anna');
      expect(lastHeartbeatAgeMs).toBeGreaterThanOrEqual(0);
      expect(vitals?.uptimeMs).toBeGreaterThanOrEqual(0);
      expect(vitals?.uptimeMs).toBeLessThan(day * 500);
    },
  );

  it('E3 the clock of the master jumps: it refuses the slaves, says so, and goes on when it is set right', async () => {
    await masterClock.set(600);
    const node = await eventually('the node is refused', async () => {
      const found = await user.node('anna');
      return found.health === 'offline' && found;
    });
    expect(node.lastError).toMatchObject({ code: 'CLOCK_SKEW' });
    expect((await user.send('GET', '/api/v1/me')).status).toBe(200);
    const ids = await Promise.all(Array.from({ length: 5 }, async () => (await compress('/tiny.txt')).id));
    await masterClock.set(0);
    for (const id of ids) expect(await user.ended(id)).toMatchObject({ state: 'completed' });
  });

  it('E3 F3 a request that was seen is refused after any jump forth and back', async () => {
    const target = '/node/v1/reports';
    const report = { partId: crypto.randomUUID(), attempt: 1, sequence: 1, event: { type: 'canceled' } };
    const { headers, body } = signedRequest({
      secret: anna.secret,
      method: 'POST',
      target,
      body: { reports: [report] },
    });
    const send = async () => {
      const response = await fetch(master.url + target, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: new Uint8Array(body),
      });
      return toAnswer(response.status, await response.text());
    };
    expect((await send()).status).toBe(200);
    for (const seconds of [day, -day, 3 * day]) {
      await masterClock.set(seconds);
      await delay(heartbeatMs / 4);
      expect((await send()).status).toBe(401);
      await masterClock.set(0);
      const again = await send();
      expect([again.status, again.code]).toEqual([401, 'REPLAYED']);
    }
  });

  it('E1 E2 E3 nothing is left', async () => {
    expect(await anna.program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject({ ...clean, orphans: 0 });
  });
});

/** The clock of the machine is set while no master runs. */
describe.each([day, -day])('a master that starts with a clock that was set by %i s', (seconds) => {
  afterAll(closeAll);

  it('E2 E3 A3 work of a slave that died meanwhile moves on, and that of one that lives stays', async () => {
    const up = await startFaultProxy();
    const clock = await createFakeClock();
    const listen = `127.0.0.1:${await freePort()}`;
    const dataPath = await tempFolder('master');
    const env = { ...clock.env, LONGSHORE_MASTER_HEARTBEAT_INTERVAL: String(heartbeatMs / 1000) };
    const master = await startMasterBehind(up, { env, listen, dataPath });
    const user = await signIn(master.url);
    const content = randomBytes(3_000_000);
    await user.put('/big.bin', content);
    const slaves = [
      await addSlave(user, { name: 'anna', env: clock.env }),
      await addSlave(user, { name: 'berta', env: clock.env }),
    ];
    up.set({ rate: 300_000 });
    const submit = async (destination: string) =>
      (await user.submit({ kind: 'create-archive', sources: ['/big.bin'], destination })).id;
    const ids = [await submit('/one.zip'), await submit('/two.zip')];
    const nodes = await eventually('both slaves are at work', async () => {
      const tasks = await Promise.all(ids.map((id) => user.task(id)));
      const names = tasks.map(({ parts }) =>
        parts[0]?.state === 'running' ? parts[0].attempts[0]?.node : null,
      );
      return new Set(names).size === 2 && !names.includes(null) && names;
    });
    const [dead, living] = nodes as [string, string];
    await slaves.find(({ name }) => name === dead)?.program.kill();
    await master.kill();
    await clock.set(seconds);
    await startMasterBehind(up, { env, listen, dataPath });
    await untilOnline(user, living);
    expect((await user.node(dead)).health).toBe('offline');
    up.heal();
    const [moved, stayed] = await Promise.all(ids.map((id) => user.ended(id, 60_000)));
    const attempts = (task: TaskDetail | undefined) =>
      task?.parts[0]?.attempts.map(({ state, node }) => `${state} by ${node}`);
    expect(attempts(moved)).toEqual([`lost by ${dead}`, `completed by ${living}`]);
    expect(attempts(stayed)).toEqual([`completed by ${living}`]);
    expect(await contentsOfArchive(user, '/one.zip')).toEqual({ 'big.bin': describeBytes(content) });
  });
});
