import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Task } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTestDatabase,
  type PostgresServer,
  runStatement,
  startPostgres,
} from '../../packages/master/src/testing/start-postgres.ts';
import { type Api, api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { makeTree } from '../support/file-trees.ts';
import { closeAll, type RunningMaster, startMaster, tempFolder } from '../support/programs.ts';
import { sharedStore } from '../support/shared-store.ts';
import { contentsOf, contentsOfArchive, contentsOfFolder, putTree } from '../support/user-files.ts';

/** A node that is late with one is suspect and gets nothing, and shares are not exact then. */
const heartbeatSeconds = 10;

describe('[Database] Type = postgres', () => {
  let postgres: PostgresServer;
  const masterKey = randomBytes(32).toString('hex');

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await closeAll();
    await postgres.stop();
  });

  const start = (url: string, options: Parameters<typeof startMaster>[0] = {}): Promise<RunningMaster> =>
    startMaster({
      ...options,
      env: {
        LONGSHORE_DATABASE_TYPE: 'postgres',
        LONGSHORE_DATABASE_URL: url,
        LONGSHORE_MASTER_MASTER_KEY: masterKey,
        LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1',
        ...options.env,
      },
    });

  describe('one master', () => {
    let master: RunningMaster;
    let user: Api;

    beforeAll(async () => {
      master = await start(await createTestDatabase(postgres.adminUrl));
      user = await signIn(master.url);
    });

    it('A1 A3 T1 compresses and extracts a tree byte for byte', async () => {
      const folder = join(await tempFolder('tree'), 'photos');
      await makeTree(folder, { files: 150, largeBytes: 3_000_000 });
      await putTree(user, folder, '/photos');
      const expected = await contentsOfFolder(folder);
      for (const format of ['zip', 'tar.gz']) {
        const destination = `/photos.${format}`;
        const made = await user.submit({ kind: 'create-archive', sources: ['/photos'], destination });
        expect(await user.ended(made.id)).toMatchObject({ state: 'completed', outputs: [destination] });
        const out = await user.submit({
          kind: 'extract-archive',
          source: destination,
          destination: `/out-${format}`,
        });
        expect(await user.ended(out.id)).toMatchObject({ state: 'completed', rejectedEntries: 0 });
        expect(await contentsOf(user, `/out-${format}/photos`)).toEqual(expected);
      }
      const unpacked = await contentsOfArchive(user, '/photos.zip');
      expect(unpacked['photos/video.mp4']).toBe(expected['video.mp4']);
    });

    it('T7 M2 M3 50 submits at once under one key make one task', async () => {
      const submit = (body: Record<string, unknown>) =>
        user.send<Task>('POST', '/api/v1/tasks', { body, headers: { 'idempotency-key': 'one' } });
      const request = { kind: 'create-archive', sources: ['/photos/empty.txt'], destination: '/one.zip' };
      const answers = await Promise.all(Array.from({ length: 50 }, () => submit(request)));
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(202));
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      expect(await submit({ ...request, destination: '/two.zip' })).toMatchObject({
        status: 422,
        body: { error: { code: 'IDEMPOTENCY_MISMATCH' } },
      });
    });

    it('M5 cancel against the end of the task', async () => {
      const states = await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          const destination = `/race-${index}.zip`;
          const { id } = await user.submit({
            kind: 'create-archive',
            sources: ['/photos/empty.txt'],
            destination,
          });
          await new Promise((resolve) => setTimeout(resolve, index * 25));
          await user.send('POST', `/api/v1/tasks/${id}/cancel`);
          const { state } = await user.ended(id);
          const exists = (await user.send('GET', `/api/v1/files/stat?path=${destination}`)).status === 200;
          return `${state} ${exists}`;
        }),
      );
      expect(states.filter((state) => state !== 'completed true' && state !== 'canceled false')).toEqual([]);
    });

    it('stops with 0', async () => {
      expect(await master.stop()).toBe(0);
    });
  });

  describe('two masters', () => {
    const masters: RunningMaster[] = [];
    let users: Api[];
    const slaves: ClusterSlave[] = [];
    let url: string;
    let shared: string;
    const startBeside = async (): Promise<RunningMaster> =>
      start(url, {
        dataPath: await sharedStore(shared),
        embeddedNode: false,
        env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: String(heartbeatSeconds) },
      });

    it('D7 C6 started at once on an empty database, both migrate and serve', async () => {
      url = await createTestDatabase(postgres.adminUrl);
      shared = await tempFolder('shared');
      const starting = [1, 2, 3].map(startBeside);
      masters.push(...(await Promise.all(starting)));
      const first = await signIn(masters[0]?.url ?? '');
      users = masters.map((master) => api(master.url, first.token));
      for (const user of users) expect(await user.call('GET', '/api/v1/me')).toMatchObject({ name: 'admin' });
      expect(await masters.pop()?.stop()).toBe(0);
      users.pop();
    });

    it('D1 M2 each attempt is leased once, whichever master places it, and shares are exact over both', async () => {
      const [left, right] = users as [Api, Api];
      await left.put('/tiny.txt', Buffer.from('tiny'));
      const env = { LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '60' };
      slaves.push(await addSlave(left, { name: 'anna', weight: 3, env }));
      slaves.push(await addSlave(left, { name: 'berta', weight: 2, env }));
      let left_ = 100;
      const ids: string[] = [];
      const client = async (user: Api): Promise<void> => {
        while (left_ > 0) {
          left_ -= 1;
          const destination = `/d1-${left_}.zip`;
          ids.push((await user.submit({ kind: 'create-archive', sources: ['/tiny.txt'], destination })).id);
        }
      };
      await Promise.all([left, right, left, right, left, right].map(client));
      for (const id of ids) {
        const task = await right.ended(id, 60_000);
        expect(task).toMatchObject({ state: 'completed' });
        expect(task.parts[0]?.attempts.map(({ attempt, state }) => `${attempt} ${state}`)).toEqual([
          '1 completed',
        ]);
      }
      const picks = await Promise.all(['anna', 'berta'].map(async (name) => (await right.node(name)).picks));
      expect(picks).toEqual([{ 'create-archive': 60 }, { 'create-archive': 40 }]);
    });

    it('D1 four masters over hundreds of tasks lease each once: nothing is lost, nothing is done twice', async () => {
      const count = 300;
      const more = await Promise.all([1, 2].map(startBeside));
      const all = [...users, ...more.map((master) => api(master.url, users[0]?.token ?? ''))];
      let left = count;
      const client = async (user: Api): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await user.submit({ kind: 'check' });
        }
      };
      await Promise.all([...all, ...all, ...all].map(client));
      const open = `select count(*)::int as n from tasks where kind = 'check' and finished_at_ms is null`;
      const isOver = async () => (await runStatement(url, open)).every(({ n }) => n === 0);
      await eventually('all have ended', isOver, 240_000);
      const states = `select state, count(*)::int as n from tasks where kind = 'check' group by state`;
      expect(await runStatement(url, states)).toEqual([{ state: 'completed', n: count }]);
      // On a machine that is too busy for its heartbeats a lease may be lost; each is one attempt with one end all the same.
      const leases = `select parts.attempt as leases, count(attempts.attempt)::int as attempts,
          (count(*) filter (where attempts.state = 'completed'))::int as completed,
          (select count(*)::int from attempt_events where part_id = parts.id and event = 'completed') as told
        from parts join tasks on tasks.id = parts.task_id join attempts on attempts.part_id = parts.id
        where tasks.kind = 'check' group by parts.id`;
      const wrong = `select * from (${leases}) as of_part
        where attempts <> leases or completed <> 1 or told <> 1`;
      expect(await runStatement(url, wrong)).toEqual([]);
      const early = `select attempts.* from attempts join parts on parts.id = attempts.part_id
        where attempts.state = 'lost' and ended_at_ms - started_at_ms < ${heartbeatSeconds * 3_000}`;
      expect(await runStatement(url, early)).toEqual([]);
      for (const master of more) expect(await master.stop()).toBe(0);
    }, 300_000);

    it('M2 50 submits of one key over both masters make one task', async () => {
      const request = { kind: 'create-archive', sources: ['/tiny.txt'], destination: '/m2.zip' };
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (users[index % 2] as Api).send<Task>('POST', '/api/v1/tasks', {
            body: request,
            headers: { 'idempotency-key': 'both' },
          }),
        ),
      );
      expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(202));
      expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    });

    it('A5 C4 one master is killed, and the other ends what was under way', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 30; index += 1) {
        const destination = `/c4-${index}.zip`;
        const user = users[index % 2] as Api;
        ids.push((await user.submit({ kind: 'create-archive', sources: ['/tiny.txt'], destination })).id);
      }
      await masters[0]?.kill();
      for (const id of ids) expect(await users[1]?.ended(id, 60_000)).toMatchObject({ state: 'completed' });
    });
  });
});
