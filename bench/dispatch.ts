/**
 * How much a trivial task costs: what is left when the work itself is nothing. Ours goes the whole durable way: the
 * API, the database, a claim, a signed push to a slave in another process, its journal, its queue, a signed report, the
 * settled task, the event. Its peers are queues with their worker in the process that submits.
 *
 *   npm install --prefix bench/peers; apt-get install redis-server
 *   node bench/dispatch.ts [tasks] [rounds]            4 000 and 5 unless said otherwise; contenders are interleaved
 */
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { tasks } from '@longshore/protocol';
import { startPostgres } from '../packages/master/src/testing/start-postgres.ts';
import { closeAll } from '../test/support/programs.ts';
import { cpuSeconds, percentile, startCluster } from './lib/cluster.ts';
import { watchEnds } from './lib/watch-ends.ts';
import { createDatabase, openBullmq, openGraphileWorker, openPgBoss, type Queue } from './peers/queues.ts';

const [crowd = 4_000, rounds = 5] = process.argv.slice(2).map(Number);
const perSecond = 200;
const latencyTasks = 1_000;
const batch = 500;

type Contender = {
  readonly name: string;
  /** Submits so many as fast as it can and waits for the end of all; answers seconds. */
  crowd(count: number): Promise<number>;
  /** Submits one and answers the milliseconds until it was done. */
  one(): Promise<number>;
  /** CPU seconds of the processes that do the work, where they are not this one. */
  cpu(): { master: number; slave: number } | null;
};

async function ours(name: string, port: number, env: Record<string, string>): Promise<Contender> {
  const workers = { LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '200' };
  const cluster = await startCluster([{ name: 'a', weight: 1, port, env: workers }], { env });
  const ends = watchEnds(cluster);
  const submit = async (): Promise<string> =>
    (await cluster.call(tasks.submitTask, { body: { kind: 'check' } })).id;
  const submitSome = async (most: number): Promise<string[]> => {
    const some = Array.from({ length: Math.min(batch, most) }, () => ({ kind: 'check' }) as const);
    const { results } = await cluster.call(tasks.submitTasks, { body: { tasks: some } });
    return results.map(({ task }) => task?.id ?? '');
  };
  return {
    name,
    crowd: async (count) => {
      const startedMs = performance.now();
      const ids: string[] = [];
      for (let from = 0; from < count; from += batch) ids.push(...(await submitSome(count - from)));
      await ends.wait(ids);
      return (performance.now() - startedMs) / 1000;
    },
    one: async () => {
      const startedMs = performance.now();
      const id = await submit();
      await ends.wait([id]);
      return (ends.ended.get(id) ?? 0) - startedMs;
    },
    cpu: () => ({
      master: cpuSeconds(cluster.master.child.pid),
      slave: cpuSeconds(cluster.slaves[0]?.child.pid),
    }),
  };
}

function peer(queue: Queue): Contender {
  const waiting = new Map<string, () => void>();
  queue.onEnd = (id) => {
    waiting.get(id)?.();
    waiting.delete(id);
  };
  const ended = (id: string): Promise<void> => new Promise((resolve) => waiting.set(id, resolve));
  return {
    name: queue.name,
    crowd: async (count) => {
      const startedMs = performance.now();
      const ids = Array.from({ length: count }, () => crypto.randomUUID());
      const done = Promise.all(ids.map(ended));
      for (let from = 0; from < count; from += batch) await queue.add(ids.slice(from, from + batch));
      await done;
      return (performance.now() - startedMs) / 1000;
    },
    one: async () => {
      const id = crypto.randomUUID();
      const startedMs = performance.now();
      const done = ended(id);
      await queue.add([id]);
      await done;
      return performance.now() - startedMs;
    },
    cpu: () => null,
  };
}

/** One task every 5 ms, whether or not the ones before have ended. */
async function latencies(contender: Contender, count: number): Promise<number[]> {
  const startedMs = performance.now();
  const all: Promise<number>[] = [];
  for (let index = 0; index < count; index += 1) {
    const dueMs = startedMs + (index * 1000) / perSecond;
    const leftMs = dueMs - performance.now();
    if (leftMs > 0) await pause(leftMs);
    all.push(contender.one());
  }
  return Promise.all(all);
}

const postgres = await startPostgres({ durable: true });
const newDatabase = (name: string): Promise<string> => createDatabase(postgres.adminUrl, name);
const queues = [
  await openBullmq(5490),
  await openGraphileWorker(await newDatabase('graphile')),
  await openPgBoss(await newDatabase('boss')),
];
const contenders = [
  await ours('Longshore, SQLite', 5411, {}),
  await ours('Longshore, PostgreSQL', 5412, {
    LONGSHORE_DATABASE_TYPE: 'postgres',
    LONGSHORE_DATABASE_URL: await newDatabase('longshore'),
  }),
  ...queues.map(peer),
];

const results = new Map(
  contenders.map(({ name }) => [name, { rates: [] as number[], latencies: [] as number[] }]),
);
const cpuPerTask = new Map<string, string>();
for (const contender of contenders) await contender.crowd(200);
for (let round = 1; round <= rounds; round += 1) {
  for (const contender of contenders) {
    const before = contender.cpu();
    const result = results.get(contender.name);
    result?.rates.push(crowd / (await contender.crowd(crowd)));
    const after = contender.cpu();
    if (before !== null && after !== null) {
      const perTask = (seconds: number): string => ((seconds * 1000) / crowd).toFixed(2);
      const [master, slave] = [after.master - before.master, after.slave - before.slave];
      cpuPerTask.set(contender.name, `master ${perTask(master)} ms, slave ${perTask(slave)} ms`);
    }
    result?.latencies.push(...(await latencies(contender, latencyTasks / rounds)));
  }
  console.log(`round ${round}, load ${loadavg()[0]?.toFixed(1)}`);
}
for (const [name, { rates, latencies: all }] of results) {
  const rate = percentile(rates, 0.5).toFixed(0).padStart(6);
  const range = `${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)}`;
  const wait = `p50 ${percentile(all, 0.5).toFixed(1)} ms, p99 ${percentile(all, 0.99).toFixed(1)} ms`;
  console.log(
    `${name.padEnd(32)} ${rate}/s (${range})   at ${perSecond}/s: ${wait}   ${cpuPerTask.get(name) ?? ''}`,
  );
}
for (const queue of queues) await queue.close();
await closeAll();
await postgres.stop();
process.exit(0);
