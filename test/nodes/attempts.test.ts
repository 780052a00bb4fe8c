import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { AttemptView, FileEntry, Task, TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, freePort, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { adminPassword, closeAll, type RunningMaster, tempFolder } from '../support/programs.ts';
import { type CliUser, cliUser } from '../support/run-cli.ts';

const sourceBytes = 6_000_000;
const bytesPerSecond = 2_000_000;

describe('what is kept of every attempt', () => {
  let master: RunningMaster;
  let user: Api;
  let shell: CliUser;
  let proxy: FaultProxy;
  const slaves = new Map<string, ClusterSlave>();

  const startAgain = async (dataPath: string): Promise<void> => {
    master = await startMasterBehind(proxy, {
      dataPath,
      listen: `127.0.0.1:${await freePort()}`,
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' },
    });
    user = await signIn(master.url);
  };

  beforeAll(async () => {
    proxy = await startFaultProxy();
    await startAgain(await tempFolder('master'));
    shell = cliUser(await tempFolder('cli'));
    const signedIn = await shell.run(['login', master.url, '--user', 'admin', '--password-stdin'], {
      input: `${adminPassword}\n`,
    });
    expect(signedIn, signedIn.stderr).toMatchObject({ code: 0 });
    await user.put('/big.bin', randomBytes(sourceBytes));
    for (const name of ['anna', 'berta']) slaves.set(name, await addSlave(user, { name }));
  });
  afterAll(closeAll);

  const compress = (destination: string, more: Record<string, unknown> = {}): Promise<Task> =>
    user.submit({ kind: 'create-archive', sources: ['/big.bin'], destination, ...more });
  const attemptsOf = (task: TaskDetail): AttemptView[] => task.parts[0]?.attempts ?? [];

  it('T5 the timeline has node, reason, start, end, error with hint, and bytes of every attempt', async () => {
    proxy.set({ rate: bytesPerSecond });
    const { id } = await compress('/big.zip');
    const running = await eventually('bytes of an attempt that runs', async () => {
      const [attempt] = attemptsOf(await user.task(id));
      return attempt?.state === 'running' && attempt.readBytes > 0 && attempt.writtenBytes > 0 && attempt;
    });
    const victim = slaves.get(running.node);
    await victim?.program.kill();
    proxy.heal();
    const task = await user.ended(id, 60_000);

    expect(task.state).toBe('completed');
    const [first, second, ...more] = attemptsOf(task);
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      attempt: 1,
      node: running.node,
      nodeId: running.nodeId,
      reason: expect.stringMatching(/\w/),
      state: 'lost',
      error: {
        code: 'LEASE_LOST',
        message: expect.stringContaining(running.node),
        hint: expect.stringMatching(/\w/),
      },
    });
    expect(first?.readBytes).toBeGreaterThanOrEqual(running.readBytes);
    expect(first?.readBytes).toBeLessThan(sourceBytes * 1.01);
    expect(first?.events.map(({ event }) => event)).toEqual(['try 1', 'lost']);
    const archive = await user.call<FileEntry>('GET', '/api/v1/files/stat?path=/big.zip');
    expect(second).toMatchObject({
      attempt: 2,
      node: running.node === 'anna' ? 'berta' : 'anna',
      reason: expect.stringMatching(/\w/),
      state: 'completed',
      error: null,
      writtenBytes: archive.sizeBytes,
    });
    // The beginning of a file is looked at before, to see whether it shrinks.
    expect(second?.readBytes).toBeGreaterThanOrEqual(sourceBytes);
    expect(second?.readBytes).toBeLessThan(sourceBytes * 1.01);
    for (const { startedAtMs, endedAtMs } of [first, second].filter((one) => one !== undefined))
      expect(endedAtMs).toBeGreaterThan(startedAtMs);
    expect(second?.startedAtMs).toBeGreaterThanOrEqual(first?.endedAtMs ?? Number.POSITIVE_INFINITY);

    const shown = await shell.run(['tasks', 'show', id]);
    expect(shown.stdout).toMatch(/attempt 1 on \w+: lost in .*, [1-9][\d.]* [KM]iB read, .* written/);
    expect(shown.stdout).toMatch(/attempt 2 on \w+: completed in .*, 5\.7 MiB read, 5\.7 MiB written/);

    await victim?.restart();
    expect(await master.stop()).toBe(0);
    await startAgain(master.dataPath);
    expect(attemptsOf(await user.task(id))).toEqual([first, second]);
    for (const name of slaves.keys()) await untilOnline(user, name);
    await shell.run(['login', master.url, '--user', 'admin', '--password-stdin'], {
      input: `${adminPassword}\n`,
    });
  });

  it('T5 bytes of a failed attempt are kept, with why it failed', async () => {
    await user.put('/broken.zip', Buffer.concat([Buffer.from('PK\x03\x04'), randomBytes(100_000)]));
    const { id } = await user.submit({
      kind: 'extract-archive',
      source: '/broken.zip',
      destination: '/broken',
    });
    const task = await user.ended(id);
    expect(task.state).toBe('failed');
    expect(attemptsOf(task)).toMatchObject([{ state: 'failed', error: task.error }]);
    expect(task.error?.hint).toMatch(/\w/);
    expect(attemptsOf(task)[0]?.readBytes).toBeGreaterThan(0);
  });

  it('T4 a task is done again on the node that is asked for', async () => {
    const first = await user.ended((await compress('/here.zip', { node: 'anna' })).id);
    expect(attemptsOf(first)).toMatchObject([{ node: 'anna', state: 'completed' }]);

    const byApi = await user.call<Task>('POST', `/api/v1/tasks/${first.id}/retry`, {
      node: 'berta',
      conflict: 'rename',
    });
    expect(byApi).toMatchObject({ retryOf: first.id });
    expect(attemptsOf(await user.ended(byApi.id))).toMatchObject([
      { node: 'berta', state: 'completed', reason: expect.stringContaining('chosen by the user') },
    ]);

    const retry = ['tasks', 'retry', first.id, '--node', 'berta', '--conflict', 'overwrite', '--wait'];
    const byShell = await shell.json<Task>(retry);
    expect(byShell).toMatchObject({ retryOf: first.id, state: 'completed', nodes: ['berta'] });

    const nowhere = await user.send('POST', `/api/v1/tasks/${first.id}/retry`, { body: { node: 'nobody' } });
    expect(nowhere).toMatchObject({ status: 404, body: { error: { code: 'NODE_NOT_FOUND' } } });
  });

  it('T1 tasks are forgotten by how long ago they ended, and those of other states and younger ones stay', async () => {
    const ids: Record<string, string> = {};
    for (const name of ['old', 'older', 'young']) {
      ids[name] = (await compress(`/${name}.zip`)).id;
      await user.ended(ids[name]);
    }
    age(master.dataPath, [ids.old, ids.older], 3 * 3600);
    const cleanUp = (body: Record<string, unknown>) =>
      user.call<{ deleted: number }>('POST', '/api/v1/tasks/clean-up', body);
    expect(await cleanUp({ olderThanSeconds: 4 * 3600 })).toEqual({ deleted: 0 });
    expect(await cleanUp({ olderThanSeconds: 2 * 3600, states: ['failed'] })).toEqual({ deleted: 0 });
    const shown = await shell.run(['tasks', 'clean-up', '--older-than', '2h']);
    expect(shown.stdout).toBe('Forgot 2 tasks.\n');
    const left = async (name: string) => (await user.send('GET', `/api/v1/tasks/${ids[name]}`)).status;
    expect([await left('old'), await left('older'), await left('young')]).toEqual([404, 404, 200]);
    expect((await user.send('GET', '/api/v1/files/stat?path=/old.zip')).status).toBe(200);
  });
});

/** Tasks that ended seconds ago, as if they had ended long ago. */
function age(dataPath: string, ids: readonly (string | undefined)[], seconds: number): void {
  const database = new DatabaseSync(join(dataPath, 'longshore.db'));
  try {
    const update = database.prepare('update tasks set finished_at_ms = finished_at_ms - ? where id = ?');
    for (const id of ids) update.run(seconds * 1000, id ?? '');
  } finally {
    database.close();
  }
}
