import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Task } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTestDatabase,
  type PostgresServer,
  runStatement,
  startPostgres,
} from '../../packages/master/src/testing/start-postgres.ts';
import { type Api, type ApiAnswer, type ApiError, api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { closeAll, type RunningMaster, startMaster, tempFolder } from '../support/programs.ts';
import { sharedStore } from '../support/shared-store.ts';
import { contentsOfArchive, describeBytes } from '../support/user-files.ts';

const heartbeatMs = 1_000;

/** Leads each connection to the next of its targets, as a load balancer without sticky sessions does. */
async function startBalancer(): Promise<{ url: string; targets: number[]; close(): void }> {
  const targets: number[] = [];
  let next = 0;
  const server: Server = createServer((client) => {
    next += 1;
    const upstream = connect(targets[next % targets.length] ?? 0, '127.0.0.1');
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, targets, close: () => server.close() };
}

describe('several masters on PostgreSQL, and what goes wrong there', () => {
  let postgres: PostgresServer;
  let balancer: Awaited<ReturnType<typeof startBalancer>>;
  /** The way of the slaves to the balancer. */
  let up: FaultProxy;
  const masters: RunningMaster[] = [];
  /** Straight to the first master, and through the balancer. */
  let user: Api;
  let balanced: Api;
  let anna: ClusterSlave;
  const masterKey = randomBytes(32).toString('hex');
  const content = randomBytes(2_000_000);
  let shared: string;
  let url: string;
  let count = 0;

  const start = async (env: Record<string, string> = {}): Promise<RunningMaster> =>
    startMaster({
      dataPath: await sharedStore(shared),
      embeddedNode: false,
      env: {
        LONGSHORE_DATABASE_TYPE: 'postgres',
        LONGSHORE_DATABASE_URL: url,
        LONGSHORE_MASTER_MASTER_KEY: masterKey,
        LONGSHORE_MASTER_HEARTBEAT_INTERVAL: String(heartbeatMs / 1000),
        LONGSHORE_SITE_INTERNAL_URL: up.url,
        ...env,
      },
    });

  beforeAll(async () => {
    postgres = await startPostgres({ durable: true });
    shared = await tempFolder('shared');
    url = await createTestDatabase(postgres.adminUrl);
    balancer = await startBalancer();
    up = await startFaultProxy({ target: Number(new URL(balancer.url).port) });
    masters.push(await start(), await start());
    balancer.targets.push(...masters.map((master) => Number(new URL(master.url).port)));
    user = await signIn(masters[0]?.url ?? '');
    balanced = api(balancer.url, user.token);
    await user.put('/big.bin', content);
    await user.put('/tiny.txt', Buffer.from('tiny'));
    anna = await addSlave(user, { name: 'anna' });
  });
  afterAll(async () => {
    balancer.close();
    await closeAll();
    await postgres.stop();
  });

  const submit = (client: Api, source = '/tiny.txt', key?: string): Promise<ApiAnswer<Task>> => {
    count += 1;
    const body = { kind: 'create-archive', sources: [source], destination: `/made-${count}.zip` };
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return client.send<Task>('POST', '/api/v1/tasks', { body, headers });
  };

  it('B8 every request of a slave may reach another master', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, async () => (await submit(balanced)).body.id));
    const big = (await submit(balanced, '/big.bin')).body.id;
    for (const id of [...ids, big]) {
      const task = await user.ended(id, 60_000);
      expect(task).toMatchObject({ state: 'completed', error: null });
      expect(task.parts[0]?.attempts.map(({ state }) => state)).toEqual(['completed']);
    }
    const { outputs } = await user.task(big);
    expect(await contentsOfArchive(user, outputs[0] ?? '')).toEqual({ 'big.bin': describeBytes(content) });
    expect((await user.node('anna')).health).toBe('online');
  });

  it('D2 while the database is down requests answer 503, the slave works on, and all goes on when it is back', async () => {
    up.set({ rate: 500_000 });
    const before = (await submit(user, '/big.bin')).body.id;
    await eventually('under way', async () => (await user.task(before)).progress.bytesDone > 0);
    await postgres.crash();
    const refused = await eventually('the outage is told', async () => {
      const answer = await submit(user);
      return answer.status === 503 && (answer as ApiAnswer as ApiAnswer<ApiError>);
    });
    expect(refused.body.error.code).toBe('UNAVAILABLE');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await user.send('GET', '/healthz')).status).toBe(200);
    expect((await user.send('GET', '/readyz')).status).toBe(503);
    // Longer than a lease: no heartbeat could be written down meanwhile.
    await delay(6 * heartbeatMs);
    expect([anna.program, ...masters].map(({ child }) => child.exitCode)).toEqual([null, null, null]);
    up.heal();
    await postgres.restart();
    const startMs = performance.now();
    await eventually('it serves again', async () => (await user.send('GET', '/readyz')).status === 200);
    expect(performance.now() - startMs).toBeLessThan(5_000);
    const task = await user.ended(before, 60_000);
    expect(task).toMatchObject({ state: 'completed', error: null });
    expect(task.parts[0]?.attempts.map(({ state }) => state)).toEqual(['completed']);
    await untilOnline(user, 'anna');
    const after = (await submit(user)).body.id;
    expect(await user.ended(after)).toMatchObject({ state: 'completed' });
  });

  it('D3 connections that are cut in the middle of submits double nothing and lose nothing', async () => {
    let cutting = true;
    const cuts = (async () => {
      let done = 0;
      // Not for ever: where all of the machine is busy, no request may fit between two cuts.
      for (let round = 0; cutting && round < 80; round += 1) {
        const others = `datname = '${new URL(url).pathname.slice(1)}'`;
        const cut = `select pg_terminate_backend(pid) from pg_stat_activity where ${others}`;
        done += (await runStatement(postgres.adminUrl, cut)).length;
        await delay(120);
      }
      return done;
    })();
    // A client that repeats what was not answered, under the key of the first time.
    const submitted = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const destination = `/d3-${index}.zip`;
        const body = { kind: 'create-archive', sources: ['/tiny.txt'], destination };
        const patienceMs = 60_000;
        const submit = async () => {
          const headers = { 'idempotency-key': `d3-${index}` };
          const answer = await user.send<Task>('POST', '/api/v1/tasks', { body, headers });
          expect([202, 503]).toContain(answer.status);
          return answer.status === 202 && { id: answer.body.id, destination };
        };
        return eventually(`submit ${index}`, submit, patienceMs);
      }),
    ).finally(() => {
      cutting = false;
    });
    expect(await cuts).toBeGreaterThan(5);
    expect(new Set(submitted.map(({ id }) => id)).size).toBe(60);
    for (const { id, destination } of submitted) {
      const task = await user.ended(id, 60_000);
      expect(task).toMatchObject({ state: 'completed', outputs: [destination] });
    }
    const rows = await runStatement(url, `select count(*)::int as n from tasks where request like '%/d3-%'`);
    expect(rows).toEqual([{ n: 60 }]);
  });

  it.each([600, -600])(
    'D5 a master whose clock is %i s off ends no lease and takes part in nothing',
    async (offset) => {
      const clock = await createFakeClock(offset);
      const wrong = await start(clock.env);
      const other = api(wrong.url, user.token);
      const ids = [];
      for (let index = 0; index < 10; index += 1)
        ids.push((await submit(index % 2 === 0 ? other : user)).body.id);
      ids.push((await submit(other, '/big.bin')).body.id);
      await delay(4 * heartbeatMs);
      for (const id of ids) {
        const task = await user.ended(id, 60_000);
        expect(task).toMatchObject({ state: 'completed' });
        expect(task.parts[0]?.attempts.map(({ state }) => state).filter((state) => state === 'lost')).toEqual(
          [],
        );
      }
      expect((await user.node('anna')).health).toBe('online');
      expect(await wrong.stop()).toBe(0);
    },
  );
});
