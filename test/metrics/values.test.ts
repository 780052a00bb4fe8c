import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { metricValues } from '../support/metric-values.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';

const heartbeatSeconds = 1;
const sourceBytes = 1_000_000;
/** Headers, and what else travels with bytes. */
const aroundBytes = 20_000;

describe('W6 what metrics say', () => {
  let master: RunningMaster;
  let user: Api;
  let proxy: FaultProxy;
  let anna: ClusterSlave;

  const read = async (name: string): Promise<Record<string, number>> =>
    metricValues(String(await user.call<Buffer>('GET', '/metrics')), name);
  const untilSaid = (name: string, expected: Record<string, number>): Promise<unknown> =>
    eventually(`${name} ${JSON.stringify(expected)}`, async () => {
      const found = await read(name);
      return Object.entries(expected).every(([labels, value]) => found[labels] === value);
    });
  const compress = (destination: string) =>
    user.submit({ kind: 'create-archive', sources: ['/source.bin'], destination });

  beforeAll(async () => {
    proxy = await startFaultProxy();
    master = await startMasterBehind(proxy, {
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: String(heartbeatSeconds) },
    });
    user = await signIn(master.url);
    await user.put('/source.bin', randomBytes(sourceBytes));
    await user.put('/no.zip', Buffer.from('PK\u0003\u0004 but nothing more'));
  });
  afterAll(closeAll);

  const labels = (kind: string, state: string) => `{kind="${kind}",state="${state}"}`;

  it('W6 tasks by kind and state, how long they waited, and how their attempts ended', async () => {
    const firstMs = performance.now();
    const ids = await Promise.all(['/a.zip', '/b.zip', '/c.zip'].map(async (to) => (await compress(to)).id));
    const broken = await user.submit({ kind: 'extract-archive', source: '/no.zip', destination: '/no' });
    ids.push(broken.id);
    const submittedMs = performance.now();
    await untilSaid('longshore_tasks', {
      [labels('create-archive', 'queued')]: 3,
      [labels('create-archive', 'running')]: 0,
      [labels('extract-archive', 'queued')]: 1,
      [labels('check', 'queued')]: 0,
    });
    anna = await addSlave(user, { name: 'anna', untilOnline: false });
    const waitedSeconds = (performance.now() - submittedMs) / 1000;
    for (const id of ids) await user.ended(id);
    const endedSeconds = (performance.now() - firstMs) / 1000;

    expect(await read('longshore_queue_wait_seconds_count')).toEqual({
      '{capability="create-archive"}': 3,
      '{capability="extract-archive"}': 1,
    });
    const wait = (await read('longshore_queue_wait_seconds_sum'))['{capability="create-archive"}'] ?? 0;
    expect(wait / 3).toBeGreaterThan(waitedSeconds * 0.9);
    expect(wait / 3).toBeLessThanOrEqual(endedSeconds);
    const code = (await user.task(broken.id)).error?.code;
    expect(await read('longshore_attempts_ended_total')).toEqual({
      '{node="anna",outcome="completed",code=""}': 3,
      [`{node="anna",outcome="failed",code="${code}"}`]: 1,
    });
    await untilSaid('longshore_tasks', {
      [labels('create-archive', 'queued')]: 0,
      [labels('create-archive', 'running')]: 0,
      [labels('extract-archive', 'queued')]: 0,
    });
  });

  it('W6 a running task, the age of a heartbeat that does not come, and an attempt that is lost', async () => {
    proxy.set({ rate: 200_000 });
    const { id } = await compress('/slow.zip');
    await untilSaid('longshore_tasks', { [labels('create-archive', 'running')]: 1 });
    await untilSaid('longshore_node_running', { '{node="anna"}': 1 });
    expect((await read('longshore_node_heartbeat_age_seconds'))['{node="anna"}']).toBeLessThan(
      3 * heartbeatSeconds,
    );
    anna.program.child.kill('SIGSTOP');
    const stoppedMs = performance.now();
    await untilSaid('longshore_node_up', { '{node="anna"}': 0 });
    const before = (performance.now() - stoppedMs) / 1000;
    const age = (await read('longshore_node_heartbeat_age_seconds'))['{node="anna"}'] ?? 0;
    const after = (performance.now() - stoppedMs) / 1000;
    // What is looked up is kept for a moment, and a heartbeat was at most so old.
    expect(age).toBeGreaterThan(before - 2);
    expect(age).toBeLessThan(after + 3 * heartbeatSeconds);
    await untilSaid('longshore_attempts_ended_total', {
      '{node="anna",outcome="lost",code="LEASE_LOST"}': 1,
    });
    anna.program.child.kill('SIGCONT');
    proxy.heal();
    await untilOnline(user, 'anna');
    await untilSaid('longshore_node_up', { '{node="anna"}': 1 });
    expect(await user.ended(id, 60_000)).toMatchObject({ state: 'completed' });
    expect((await read('longshore_node_heartbeat_age_seconds'))['{node="anna"}']).toBeLessThan(
      3 * heartbeatSeconds,
    );
  });

  it('W6 bytes by route, and how long requests take', async () => {
    const bytes = async (route: string, direction: string): Promise<number> =>
      (await read('longshore_http_bytes_total'))[`{route="${route}",direction="${direction}"}`] ?? 0;
    const content = '/api/v1/files/content';
    const [inBefore, outBefore] = [await bytes('/api/v1/uploads', 'in'), await bytes(content, 'out')];
    const counts = async (kind: string): Promise<number> =>
      (await read(`longshore_http_request_duration_seconds_${kind}`))[
        '{method="POST",route="/api/v1/uploads",status="201"}'
      ] ?? 0;
    const [countBefore, sumBefore] = [await counts('count'), await counts('sum')];

    proxy.set({ rate: sourceBytes });
    const far = api(proxy.url, user.token);
    const startMs = performance.now();
    await far.put('/far.bin', randomBytes(sourceBytes));
    const tookSeconds = (performance.now() - startMs) / 1000;
    proxy.heal();
    await user.get('/far.bin');

    expect((await bytes('/api/v1/uploads', 'in')) - inBefore).toBeGreaterThanOrEqual(sourceBytes);
    expect((await bytes('/api/v1/uploads', 'in')) - inBefore).toBeLessThan(sourceBytes + aroundBytes);
    await eventually('the answer is counted', async () => (await bytes(content, 'out')) > outBefore);
    expect((await bytes(content, 'out')) - outBefore).toBeGreaterThanOrEqual(sourceBytes);
    expect((await bytes(content, 'out')) - outBefore).toBeLessThan(sourceBytes + aroundBytes);
    expect((await counts('count')) - countBefore).toBe(1);
    const seconds = (await counts('sum')) - sumBefore;
    expect(seconds).toBeGreaterThan(tookSeconds * 0.5);
    expect(seconds).toBeLessThanOrEqual(tookSeconds);
  });
});
