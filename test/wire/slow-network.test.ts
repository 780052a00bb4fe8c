import { randomBytes } from 'node:crypto';
import type { Node, Progress, TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';
import { sendReport } from '../support/signed-peer.ts';
import { contentsOf, contentsOfArchive, describeBytes } from '../support/user-files.ts';

const heartbeatMs = 2_000;
const leaseMs = 3 * heartbeatMs;
/** Other programs of the machine have their turns too. */
const slackMs = 10_000;

describe('a network that is slow, or forgets and delays', () => {
  let master: RunningMaster;
  let user: Api;
  let slave: ClusterSlave;
  /** The slave's way to the master, the master's way to the slave, and a third one to the master. */
  let up: FaultProxy;
  let down: FaultProxy;
  let late: FaultProxy;
  const content = randomBytes(600_000);

  beforeAll(async () => {
    up = await startFaultProxy();
    down = await startFaultProxy();
    master = await startMasterBehind(up, {
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: String(heartbeatMs / 1000) },
    });
    late = await startFaultProxy({ target: Number(new URL(master.url).port) });
    user = await signIn(master.url);
    await user.put('/some.bin', content);
    slave = await addSlave(user, {
      name: 'anna',
      via: down,
      env: { LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_RETRY_DELAY: '0.3' },
    });
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/some.bin'],
      destination: '/some.zip',
    });
    expect(await user.ended(id)).toMatchObject({ state: 'completed' });
  });
  beforeEach(async () => {
    for (const proxy of [up, down, late]) proxy.heal();
    await untilOnline(user, 'anna');
  });
  afterAll(closeAll);

  const compress = (destination: string) =>
    user.submit({ kind: 'create-archive', sources: ['/some.bin'], destination });
  const attemptsOf = (task: TaskDetail) => task.parts[0]?.attempts.map(({ state }) => state);
  const underWay = (id: string, bytes: number): Promise<TaskDetail> =>
    eventually('under way', async () => {
      const task = await user.task(id);
      return task.progress.bytesDone > bytes && task;
    });

  it('B5 heartbeats find new connections when the old ones died without a word', async () => {
    up.forgetOpen();
    down.forgetOpen();
    const startMs = performance.now();
    await eventually('a heartbeat on a new connection', async () => {
      const sinceMs = performance.now() - startMs;
      const { lastHeartbeatAgeMs } = await user.node('anna');
      return lastHeartbeatAgeMs !== null && lastHeartbeatAgeMs < sinceMs;
    });
    expect(performance.now() - startMs).toBeLessThan(leaseMs + slackMs);
  });

  it('B5 a transfer that stalls both ways while an archive is extracted is noticed within a lease', async () => {
    up.set({ rate: 100_000 });
    const { id } = await user.submit({
      kind: 'extract-archive',
      source: '/some.zip',
      destination: '/stalled',
    });
    await eventually('bytes on their way', async () => {
      const [attempt] = (await user.task(id)).parts[0]?.attempts ?? [];
      return (attempt?.readBytes ?? 0) > content.length / 5;
    });
    const startMs = performance.now();
    up.forgetOpen();
    up.heal();
    const task = await user.ended(id, 30_000);
    // What was stalled was noticed before a lease ends, and heartbeats kept the lease.
    expect(performance.now() - startMs).toBeLessThan(leaseMs + slackMs);
    expect(task).toMatchObject({ state: 'completed', error: null });
    expect(attemptsOf(task)).toEqual(['completed']);
    expect(await contentsOf(user, '/stalled')).toMatchObject({ 'some.bin': describeBytes(content) });
    expect(await slave.leftovers()).toEqual([]);
  });

  it('B5 a source that stalls while an archive is made is noticed within a lease, and read on elsewhere', async () => {
    up.set({ hold: { text: 'GET /blobs/v1/', what: 'answer' } });
    const startMs = performance.now();
    const { id } = await compress('/held.zip');
    const task = await user.ended(id, 30_000);
    expect(performance.now() - startMs).toBeLessThan(leaseMs + slackMs);
    expect(up.strikes()).toBe(1);
    expect(task).toMatchObject({ state: 'completed', error: null });
    expect(task.parts[0]?.attempts[0]?.events.map(({ event }) => event)).toEqual(['try 1', 'completed']);
    expect(await contentsOfArchive(user, '/held.zip')).toMatchObject({ 'some.bin': describeBytes(content) });
    expect(await slave.leftovers()).toEqual([]);
  });

  it('B5 an upload that stalls is noticed within a lease, and done again', async () => {
    const more = randomBytes(8_000_000);
    await user.put('/more.bin', more);
    // What a new connection holds in between is much less than the archive.
    up.cutAll();
    up.set({ hold: { text: 'PUT /blobs/v1/', what: 'request' } });
    const before = up.strikes();
    const startMs = performance.now();
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/more.bin'],
      destination: '/upload.zip',
    });
    const task = await user.ended(id, 60_000);
    expect(performance.now() - startMs).toBeLessThan(leaseMs + slackMs);
    expect(up.strikes() - before).toBe(1);
    expect(task).toMatchObject({ state: 'completed', error: null });
    expect(attemptsOf(task)).toEqual(['completed']);
    const errors = task.parts[0]?.attempts[0]?.events.map(({ error }) => error?.code ?? null);
    expect(errors).toEqual([null, 'TRANSFER_FAILED', null, null]);
    expect(await contentsOfArchive(user, '/upload.zip')).toMatchObject({ 'more.bin': describeBytes(more) });
    expect(await slave.leftovers()).toEqual([]);
  });

  it('B6 over 200 kB/s and 700 ms work makes progress, and the node is not taken for dead', async () => {
    up.set({ rate: 200_000, delayMs: 350 });
    down.set({ rate: 200_000, delayMs: 350 });
    // What the network holds of it takes longer to arrive than three heartbeats.
    await user.put('/large.bin', randomBytes(3_000_000));
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/large.bin'],
      destination: '/slow.zip',
    });
    const seen = new Set<number>();
    const healths = new Set<Node['health']>();
    const task = await eventually(
      'done',
      async () => {
        const now = await user.task(id);
        seen.add(now.parts[0]?.attempts[0]?.readBytes ?? 0);
        healths.add((await user.node('anna')).health);
        return now.finishedAtMs !== null && now;
      },
      120_000,
    );
    expect(task).toMatchObject({ state: 'completed', error: null });
    expect(attemptsOf(task)).toEqual(['completed']);
    expect(task.parts[0]?.attempts[0]?.events.map(({ event }) => event)).toEqual(['try 1', 'completed']);
    expect([...healths]).toEqual(['online']);
    expect([...seen]).toEqual([...seen].toSorted((a, b) => a - b));
    expect(seen.size).toBeGreaterThan(10);
    const { startedAtMs, finishedAtMs } = task;
    expect((finishedAtMs ?? 0) - (startedAtMs ?? 0)).toBeGreaterThan(2 * leaseMs);
  });

  it('B7 what comes after newer reports changes nothing: neither progress, nor a state, nor an end', async () => {
    up.set({ rate: 100_000 });
    const { id } = await compress('/late.zip');
    const begun = await underWay(id, 0);
    const [part] = begun.parts;
    const ref = { partId: part?.id, attempt: 1 };
    const old: Progress = {
      phase: 'planning',
      bytesDone: 1,
      bytesTotal: null,
      entriesDone: 0,
      entriesTotal: null,
    };
    const error = { code: 'NO_SPACE', message: 'old', hint: '', details: {} };
    const transferred = { readBytes: 1, writtenBytes: 0 };
    late.set({ stalled: ['up'] });
    const held = [
      { sequence: 2, event: { type: 'progress', progress: old } },
      { sequence: 1, event: { type: 'retrying', try: 1, error, delayMs: 60_000 } },
      { sequence: 1, event: { type: 'failed', error } },
      { sequence: 1, event: { type: 'completed', progress: old } },
    ].map((report) => sendReport(late.url, slave.secret, { ...ref, transferred, ...report }));
    await underWay(id, content.length / 2);
    // From here on nothing newer hides what the old ones would do.
    up.set({ stalled: ['up', 'down'] });
    const before = await user.task(id);
    late.heal();
    expect(await Promise.all(held)).toEqual(['recorded', 'recorded', 'recorded', 'recorded']);
    const after = await user.task(id);
    expect(after).toEqual(before);
    expect(after.parts[0]).toMatchObject({ state: 'running', attempts: [{ state: 'running' }] });
    up.heal();
    const task = await user.ended(id, 60_000);
    expect(task).toMatchObject({ state: 'completed', error: null });
    expect(await contentsOfArchive(user, '/late.zip')).toEqual({ 'some.bin': describeBytes(content) });
  });

  it('B5 B7 nothing is left of what broke off', async () => {
    expect(await slave.program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject({ ...clean, orphans: 0, abandoned: 0 });
  });
});
