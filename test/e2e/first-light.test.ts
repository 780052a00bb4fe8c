import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Node, Task, TestStep } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { listTree, makeTree } from '../support/file-trees.ts';
import {
  adminPassword,
  closeAll,
  type RunningMaster,
  type RunningSlave,
  startMaster,
  startSlave,
  tempFolder,
} from '../support/programs.ts';
import { type CliUser, cliUser } from '../support/run-cli.ts';

/** The first five minutes of a new administrator, word for word, with a second machine beside the embedded node. */
describe('first light', () => {
  let master: RunningMaster;
  let shed: RunningSlave;
  let cli: CliUser;
  let photos: string;
  let work: string;

  beforeAll(async () => {
    work = await tempFolder('work');
    photos = join(work, 'photos');
    cli = cliUser(await tempFolder('cli'));
    const makePhotos = makeTree(photos, { files: 600, largeBytes: 40 * 1024 * 1024 });
    master = await startMaster();
    await makePhotos;
  });
  afterAll(closeAll);

  it('signs in with the password from standard input', async () => {
    const login = await cli.run(['login', master.url, '--user', 'admin', '--password-stdin'], {
      input: `${adminPassword}\n`,
    });
    expect(login).toMatchObject({ code: 0 });
  });

  it('N1 N2 adds a node, and its conf.ini starts a slave as it is', async () => {
    const url = 'http://127.0.0.1:5293';
    const added = await cli.json<{ node: Node; secret: string; confIni: string; startCommand: string }>([
      'nodes',
      'add',
      'shed',
      '--url',
      url,
      '--weight',
      '2',
      '--capabilities',
      'create-archive,extract-archive',
    ]);
    expect(added.secret).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(added.confIni).toContain(added.secret);
    expect(added.startCommand).toBe('./slave -c conf.ini');
    await writeFile(join(work, 'conf.ini'), added.confIni, { mode: 0o600 });
    shed = await startSlave({ confIni: added.confIni });
    expect(shed.port).toBe(5293);
  });

  it('N3 the communication test is green, step by step', async () => {
    const test = await cli.run(['nodes', 'test', 'shed', '--json']);
    const steps = test.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TestStep);
    expect(test.code).toBe(0);
    expect(steps.map((step) => `${step.step} ${step.status}`)).toEqual([
      'resolve ok',
      'connect ok',
      'tls skipped',
      'slave ok',
      'version ok',
      'signature ok',
      'clock ok',
      'callback ok',
      'temp ok',
      'cors skipped',
    ]);
  });

  it('N4 both nodes are online with their vitals', async () => {
    await eventually('both nodes online', async () => {
      const { nodes } = await cli.json<{ nodes: Node[] }>(['nodes', 'ls']);
      return nodes.length === 2 && nodes.every((node) => node.health === 'online' && node.vitals !== null);
    });
  });

  it('uploads a folder of hundreds of files', async () => {
    const put = await cli.run(['put', photos, '/']);
    expect(put).toMatchObject({ code: 0 });
  });

  it('A1 compresses on the chosen node and waits for the end', async () => {
    const task = await cli.json<Task>([
      'compress',
      '/photos',
      '--to',
      '/photos.zip',
      '--node',
      'shed',
      '--wait',
    ]);
    expect(task).toMatchObject({ state: 'completed', nodes: ['shed'], outputs: ['/photos.zip'] });
  });

  it('A4 previews the archive', async () => {
    const preview = await cli.json<{ format: string; entries: { path: string }[]; total: number }>([
      'preview',
      '/photos.zip',
    ]);
    expect(preview.format).toBe('zip');
    expect(preview.total).toBeGreaterThan(600);
  });

  it('A3 extracts it, and what comes back is byte-identical', async () => {
    const task = await cli.json<Task>(['extract', '/photos.zip', '--to', '/copy', '--wait']);
    expect(task).toMatchObject({ state: 'completed', rejectedEntries: 0 });
    const back = join(work, 'back');
    expect(await cli.run(['get', '/copy', back])).toMatchObject({ code: 0 });
    expect(await listTree(join(back, 'photos'))).toEqual(await listTree(photos));
  });

  it('A1 tar.gz makes the same way there and back', async () => {
    await cli.json<Task>([
      'compress',
      '/photos/album-3',
      '/photos/odd names',
      '--to',
      '/some.tar.gz',
      '--wait',
    ]);
    await cli.json<Task>(['extract', '/some.tar.gz', '--to', '/some', '--wait']);
    const back = join(work, 'some');
    await cli.run(['get', '/some', back]);
    expect(await listTree(join(back, 'odd names'))).toEqual(await listTree(join(photos, 'odd names')));
    expect(await listTree(join(back, 'album-3'))).toEqual(await listTree(join(photos, 'album-3')));
  });

  it('T1 lists the tasks with the node and the reason it was chosen', async () => {
    const { tasks } = await cli.json<{ tasks: Task[] }>(['tasks', 'ls']);
    expect(tasks).toHaveLength(4);
    const shown = await cli.run(['tasks', 'show', tasks.at(-1)?.id ?? '']);
    expect(shown.stdout).toContain('chosen by the user');
  });

  it('both programs stop with exit code 0', async () => {
    expect(await shed.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
  });
});
