/** Queues of the npm world, each with its worker in this process, which does nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Something that takes trivial tasks and does them. `add` resolves when all are accepted. */
export type Queue = {
  readonly name: string;
  /** Called with the id of each task that has ended. */
  onEnd: (id: string) => void;
  add(ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

const concurrency = 100;
const queueName = 'trivial';
const { dependencies } = require('./package.json');
const versionOf = (name: string): string => dependencies[name];

/** Redis without persistence, and BullMQ, which is as durable as its Redis: not at all. */
export async function openBullmq(port: number): Promise<Queue> {
  const redis = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: 'ignore',
    },
  );
  process.once('exit', () => redis.kill('SIGKILL'));
  await new Promise((resolve, reject) => {
    redis.once('error', () => reject(new Error('redis-server is missing: apt-get install redis-server')));
    redis.once('spawn', resolve);
  });
  const { Queue, Worker } = require('bullmq');
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  const options = { removeOnComplete: true, removeOnFail: true };
  const tasks = new Queue(queueName, { connection });
  const worker = new Worker(queueName, async () => undefined, { connection, concurrency });
  const queue: Queue = {
    name: `BullMQ ${versionOf('bullmq')}, no persistence`,
    onEnd: () => {},
    add: async (ids) => {
      await tasks.addBulk(ids.map((id) => ({ name: queueName, data: { id }, opts: options })));
    },
    close: async () => {
      await worker.close();
      await tasks.close();
      await ended(redis);
    },
  };
  worker.on('completed', (job: { data: { id: string } }) => queue.onEnd(job.data.id));
  await worker.waitUntilReady();
  return queue;
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

export async function openGraphileWorker(url: string): Promise<Queue> {
  const { run, makeWorkerUtils, Logger } = require('graphile-worker');
  const utils = await makeWorkerUtils({ connectionString: url });
  const queue: Queue = {
    name: `graphile-worker ${versionOf('graphile-worker')}`,
    onEnd: () => {},
    add: async (ids) => {
      await utils.addJobs(ids.map((id) => ({ identifier: queueName, payload: { id } })));
    },
    close: async () => {
      await runner.stop();
      await utils.release();
    },
  };
  const runner = await run({
    connectionString: url,
    concurrency: 24,
    maxPoolSize: 30,
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    taskList: { [queueName]: async () => undefined },
  });
  runner.events.on('job:success', ({ job }: { job: { payload: { id: string } } }) =>
    queue.onEnd(job.payload.id),
  );
  return queue;
}

export async function openPgBoss(url: string): Promise<Queue> {
  const { PgBoss } = require('pg-boss');
  const boss = new PgBoss(url);
  boss.on('error', (error: unknown) => {
    throw error;
  });
  await boss.start();
  await boss.createQueue(queueName);
  const queue: Queue = {
    name: `pg-boss ${versionOf('pg-boss')}`,
    onEnd: () => {},
    add: async (ids) => {
      await boss.insert(
        queueName,
        ids.map((id) => ({ data: { id } })),
      );
    },
    close: () => boss.stop({ graceful: false }),
  };
  // Half a second is the shortest time between two looks that it allows.
  const options = { batchSize: 1_000, pollingIntervalSeconds: 0.5 };
  await boss.work(queueName, options, async (jobs: { data: { id: string } }[]) => {
    for (const job of jobs) queue.onEnd(job.data.id);
  });
  return queue;
}

/** Makes a database beside another one and answers its address. */
export async function createDatabase(adminUrl: string, name: string): Promise<string> {
  const { Client } = require('pg');
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return adminUrl.replace(/\/[^/]*$/, `/${name}`);
}
