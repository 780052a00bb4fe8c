import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Task } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type ApiError, api, signIn, type TaskRequest } from '../support/api.ts';
import { addSlave, type ClusterSlave, freePort } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster, startMaster, tempFolder } from '../support/programs.ts';
import { signedRequest, toAnswer } from '../support/signed-peer.ts';

const quickRetries = {
  LONGSHORE_SYSTEM_GRACE_PERIOD: '1',
  LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_RETRY_DELAY: '1',
  LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_BACKOFF_FACTOR: '1',
};

const graceSeconds = 10;

/** Clients that go on submitting, each task under its own key, whatever happens to the master. */
describe('a master that ends under load', () => {
  let master: RunningMaster;
  let user: Api;
  let listen: string;
  let dataPath: string;
  const slaves: ClusterSlave[] = [];
  let count = 0;

  const start = async (): Promise<void> => {
    master = await startMaster({
      dataPath,
      listen,
      embeddedNode: false,
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '2', LONGSHORE_SYSTEM_GRACE_PERIOD: String(graceSeconds) },
    });
  };

  beforeAll(async () => {
    listen = `127.0.0.1:${await freePort()}`;
    dataPath = await tempFolder('master');
    await start();
    user = await signIn(master.url);
    await user.put('/source.txt', Buffer.alloc(40_000, 'some text, again and again; '));
    for (const name of ['anna', 'berta']) {
      slaves.push(await addSlave(user, { name, env: quickRetries }));
    }
  });
  afterAll(closeAll);

  /** Submits until the master has said yes, under one key, as a client does whose answer was lost. */
  async function submitSurely(request: TaskRequest): Promise<Task> {
    const key = crypto.randomUUID();
    return eventually('a submit is answered', () => user.submit(request, key).catch(() => undefined), 60_000);
  }

  async function submitMany(howMany: number): Promise<Task[]> {
    const tasks: Task[] = [];
    const client = async (): Promise<void> => {
      while (tasks.length < howMany) {
        count += 1;
        const destination = `/archive-${count}.zip`;
        tasks.push(await submitSurely({ kind: 'create-archive', sources: ['/source.txt'], destination }));
        await delay(20);
      }
    };
    await Promise.all([client(), client(), client()]);
    return tasks;
  }

  async function expectAllDoneOnce(tasks: readonly Task[]): Promise<void> {
    for (const { id } of tasks) {
      const task = await eventually(`task ${id} ends`, () => user.ended(id).catch(() => undefined), 60_000);
      expect(task).toMatchObject({ state: 'completed', error: null });
    }
    const all = await user.call<{ tasks: Task[] }>('GET', '/api/v1/tasks?limit=500');
    expect(all.tasks).toHaveLength(count);
    const { entries } = await user.call<{ entries: { name: string }[] }>('GET', '/api/v1/files?path=/');
    const archives = entries.map(({ name }) => name).filter((name) => name.startsWith('archive-'));
    expect(archives.toSorted()).toEqual(
      Array.from({ length: count }, (_, at) => `archive-${at + 1}.zip`).toSorted(),
    );
  }

  it('A5 kill -9 at random moments between submit, dispatch, report and end: nothing is lost, nothing comes twice', async () => {
    const submitted = submitMany(60);
    for (let kills = 0; kills < 5; kills += 1) {
      await delay(100 + Math.random() * 700);
      await master.kill();
      await start();
    }
    await expectAllDoneOnce(await submitted);
  });

  /** The same request of a node each time: signed once. */
  const target = '/node/v1/reports';
  let signed: ReturnType<typeof signedRequest> | undefined;
  async function sendMeanwhile() {
    signed ??= signedRequest({
      secret: slaves[0]?.secret ?? '',
      method: 'POST',
      target,
      body: {
        reports: [{ partId: crypto.randomUUID(), attempt: 1, sequence: 1, event: { type: 'canceled' } }],
      },
    });
    const { headers, body } = signed;
    const answer = await fetch(master.url + target, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: new Uint8Array(body),
    });
    return toAnswer(answer.status, await answer.text());
  }

  it('D2 D4 another program holds the database: reads go on, writes wait or answer 503, and nothing is lost', async () => {
    const submitted = submitMany(20);
    await delay(200);
    const other = new DatabaseSync(join(dataPath, 'longshore.db'), { timeout: 10_000 });
    other.exec('begin exclusive');
    const refused = await eventually('a submit is refused', async () => {
      const body = { kind: 'create-archive', sources: ['/source.txt'], destination: '/refused.zip' };
      const answer = await user.send<ApiError>('POST', '/api/v1/tasks', { body });
      return answer.status === 503 && answer;
    });
    expect(refused.body.error.code).toBe('UNAVAILABLE');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await sendMeanwhile()).code).not.toBe('REPLAYED');
    expect((await user.send('GET', '/api/v1/tasks')).status).toBe(200);
    // Longer than a lease: no heartbeat could be written down meanwhile.
    await delay(8_000);
    expect(master.child.exitCode).toBeNull();
    other.exec('rollback');
    other.close();
    const tasks = await submitted;
    await expectAllDoneOnce(tasks);
    for (const { id } of tasks) {
      const attempts = (await user.task(id)).parts.flatMap((part) => part.attempts);
      expect(attempts.map(({ state }) => state)).toEqual(['completed']);
    }
  });

  it('F3 D2 a request of a node that came meanwhile is refused after the outage, and after a kill -9 too', async () => {
    expect(await sendMeanwhile()).toMatchObject({ status: 401, code: 'REPLAYED' });
    await master.kill();
    await start();
    expect(await sendMeanwhile()).toMatchObject({ status: 401, code: 'REPLAYED' });
  });

  it('A7 SIGTERM of the master: it ends with 0 in its grace period, and the next one goes on', async () => {
    const submitted = submitMany(40);
    await delay(300);
    const startMs = performance.now();
    expect(await master.stop()).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(graceSeconds * 1000);
    await start();
    user = api(master.url, user.token);
    await expectAllDoneOnce(await submitted);
  });

  it('A7 S4 SIGTERM of a slave: it ends with 0, gives back what it has not done, and no attempt is lost', async () => {
    const submitted = submitMany(60);
    await delay(300);
    expect(await slaves[0]?.program.stop()).toBe(0);
    const tasks = await submitted;
    await expectAllDoneOnce(tasks);
    for (const { id } of tasks) {
      for (const part of (await user.task(id)).parts) {
        expect(part.attempts.map(({ state }) => state)).not.toContain('lost');
      }
    }
  });

  it('A5 D9 the database is whole and nothing else is left', async () => {
    expect(await slaves[1]?.program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    for (const slave of slaves) expect(await slave.leftovers()).toEqual([]);
    expect(await inspectData(dataPath)).toMatchObject(clean);
  });
});
