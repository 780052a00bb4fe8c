import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Node, TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, freePort, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import {
  adminPassword,
  closeAll,
  type RunningMaster,
  type RunningSlave,
  startMaster,
  startSlave,
  tempFolder,
} from '../support/programs.ts';
import { cliUser } from '../support/run-cli.ts';

/** A node that fails everything: its way to the store reads, but a file stands where it has to write. */
describe('a node that fails for its own reasons', () => {
  let master: RunningMaster;
  let user: Api;
  let store: string;
  let slave: RunningSlave;
  let count = 0;

  beforeAll(async () => {
    master = await startMaster({ embeddedNode: false });
    user = await signIn(master.url);
    await user.put('/tiny.txt', Buffer.from('tiny'));
    store = await tempFolder('store');
    await mkdir(join(master.dataPath, 'blobs'), { recursive: true });
    await symlink(join(master.dataPath, 'blobs'), join(store, 'blobs'));
    await breakStore();
    const port = await freePort();
    const created = await user.call<{ confIni: string }>('POST', '/api/v1/nodes', {
      name: 'broken',
      url: `http://127.0.0.1:${port}`,
    });
    slave = await startSlave({
      confIni: `${created.confIni}\n[Stores]\nlocal = ${store}\n`,
      listen: `127.0.0.1:${port}`,
      env: { LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_MAX_RETRY: '0' },
    });
    await untilOnline(user, 'broken');
  });
  afterAll(closeAll);

  const breakStore = async (): Promise<void> => {
    await rm(join(store, 'staging'), { recursive: true, force: true });
    await writeFile(join(store, 'staging'), 'in the way');
  };

  const repairStore = async (): Promise<void> => {
    await rm(join(store, 'staging'));
    await mkdir(join(store, 'staging'));
  };

  /** The pause of the node is over. */
  const endPause = (): void => {
    const database = new DatabaseSync(join(master.dataPath, 'longshore.db'), { timeout: 10_000 });
    database.exec("update nodes set probe_at_ms = 0 where name = 'broken'");
    database.close();
  };
  const probes = (tasks: readonly TaskDetail[]) =>
    tasks
      .flatMap(({ parts }) => parts.flatMap(({ attempts }) => attempts))
      .filter(({ reason }) => reason.includes('tries whether it can leave quarantine'));
  const onBroken = async (): Promise<number> => (await user.node('broken')).picks['create-archive'] ?? 0;

  const submitTiny = () => {
    count += 1;
    return user.submit({
      kind: 'create-archive',
      sources: ['/tiny.txt'],
      destination: `/tiny-${count}.zip`,
    });
  };
  const run = async () => user.ended((await submitTiny()).id);

  it('N7 is quarantined after three, with the reason, and its work goes elsewhere', async () => {
    for (let failure = 1; failure <= 2; failure += 1) {
      expect(await run()).toMatchObject({ state: 'failed', error: { code: 'STORAGE_FAILED' } });
      expect(await user.node('broken')).toMatchObject({ quarantine: null });
    }
    expect(await run()).toMatchObject({ state: 'failed' });
    const { quarantine, picks } = await user.node('broken');
    expect(quarantine).toMatchObject({ reason: { code: 'STORAGE_FAILED' } });
    expect((quarantine?.probeAtMs ?? 0) - (quarantine?.sinceMs ?? 0)).toBe(60_000);

    const { id } = await submitTiny();
    const waiting = await eventually('the reason', async () => (await user.task(id)).parts[0]?.waitingFor);
    expect(waiting).toBe('no node can take it (create-archive); passed over broken: quarantined');
    await addSlave(user, { name: 'anna' });
    expect(await user.ended(id)).toMatchObject({ state: 'completed', nodes: ['anna'] });
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await run()).toMatchObject({ state: 'completed', nodes: ['anna'] });
    }
    expect((await user.node('broken')).picks).toEqual(picks);
  });

  it('N7 is tried with one task when its pause is over, and stays in quarantine when that fails', async () => {
    const before = await onBroken();
    endPause();
    const submitted = await Promise.all(Array.from({ length: 6 }, submitTiny));
    const tasks = await Promise.all(submitted.map(({ id }) => user.ended(id)));
    for (const task of tasks) expect(task).toMatchObject({ state: 'completed' });
    expect(await onBroken()).toBe(before + 1);
    expect(probes(tasks)).toMatchObject([{ node: 'broken', state: 'failed' }]);
    const { quarantine } = await user.node('broken');
    expect(quarantine).toMatchObject({ reason: { code: 'STORAGE_FAILED' } });
    const pauseMs = (quarantine?.probeAtMs ?? 0) - Date.now();
    expect(pauseMs).toBeGreaterThan(100_000);
    expect(pauseMs).toBeLessThanOrEqual(120_000);
  });

  it('N7 is tried with one task, however long that takes, and trusted again when it succeeds', async () => {
    await repairStore();
    const before = await onBroken();
    slave.child.kill('SIGSTOP');
    endPause();
    const tried = await Promise.all(Array.from({ length: 6 }, submitTiny));
    const others = await eventually('all but the probe are done elsewhere', async () => {
      const tasks = await Promise.all(tried.map(({ id }) => user.task(id)));
      const ended = tasks.filter(({ finishedAtMs }) => finishedAtMs !== null);
      return ended.length === 5 && ended;
    });
    for (const task of others) expect(task).toMatchObject({ state: 'completed', nodes: ['anna'] });
    expect(await onBroken()).toBe(before + 1);
    slave.child.kill('SIGCONT');
    const tasks = await Promise.all(tried.map(({ id }) => user.ended(id)));
    expect(probes(tasks)).toMatchObject([{ node: 'broken', state: 'completed' }]);
    expect(await user.node('broken')).toMatchObject({ quarantine: null });
    const nodes = [await run(), await run()].flatMap((task) => task.nodes);
    expect(nodes.toSorted()).toEqual(['anna', 'broken']);
  });

  it('N7 is released by the administrator, and stays in service when it works', async () => {
    await breakStore();
    await user.call<Node>('PATCH', '/api/v1/nodes/anna', { enabled: false });
    for (let failure = 1; failure <= 3; failure += 1) await run();
    await repairStore();
    const shell = cliUser(await tempFolder('cli'));
    await shell.run(['login', master.url, '--user', 'admin', '--password-stdin'], {
      input: `${adminPassword}\n`,
    });
    expect((await shell.run(['nodes', 'show', 'broken'])).stdout).toContain('quarantined');
    const released = await shell.run(['nodes', 'release', 'broken']);
    expect(released).toMatchObject({ code: 0, stdout: 'broken is trusted again.\n' });
    expect(await run()).toMatchObject({ state: 'completed', nodes: ['broken'] });
    expect(await user.node('broken')).toMatchObject({ quarantine: null });
  });
});
