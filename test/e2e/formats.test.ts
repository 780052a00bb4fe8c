import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ArchiveListing, type Node, type Task } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTree, makeTree } from '../support/file-trees.ts';
import { adminPassword, closeAll, startMaster, startSlave, tempFolder } from '../support/programs.ts';
import { type CliUser, cliUser } from '../support/run-cli.ts';

const run = promisify(execFile);

/** Every format that can be made goes there and back through the command line and a slave that holds no files. */
describe('formats on a remote slave', () => {
  let cli: CliUser;
  let work: string;
  let tree: string;

  const thereAndBack = async (archive: string, password?: string): Promise<void> => {
    const input = password === undefined ? {} : { input: `${password}\n` };
    const flag = password === undefined ? [] : ['--password-stdin'];
    const made = await cli.run(['compress', '/tree', '--to', `/${archive}`, '--wait', ...flag], input);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const read = await cli.run(
      ['extract', `/${archive}`, '--to', `/from ${archive}`, '--wait', ...flag],
      input,
    );
    expect(read, read.stderr).toMatchObject({ code: 0 });
    const back = join(work, `from ${archive}`);
    expect(await cli.run(['get', `/from ${archive}`, back])).toMatchObject({ code: 0 });
    expect(await listTree(join(back, 'tree'))).toEqual(await listTree(tree));
  };

  beforeAll(async () => {
    work = await tempFolder('formats');
    tree = join(work, 'tree');
    cli = cliUser(await tempFolder('cli'));
    await makeTree(tree, { files: 20, largeBytes: 2 * 1024 * 1024 });
    const master = await startMaster({ embeddedNode: false });
    await cli.run(['login', master.url, '--user', 'admin', '--password-stdin'], {
      input: `${adminPassword}\n`,
    });
    const added = await cli.json<{ node: Node; confIni: string }>([
      'nodes',
      'add',
      'far',
      '--url',
      'http://127.0.0.1:5283',
    ]);
    await startSlave({ confIni: added.confIni });
    expect(await cli.run(['put', tree, '/'])).toMatchObject({ code: 0 });
  });
  afterAll(closeAll);

  it.each(['a.zip', 'a.tar', 'a.tar.gz', 'a.tar.zst', 'a.7z'])('A1 A3 %s goes there and back', (archive) =>
    thereAndBack(archive),
  );

  it.each(['secret.zip', 'secret.7z'])('A2 %s goes there and back with its password', (archive) =>
    thereAndBack(archive, 'correct horse'),
  );

  it('A4 names that are encrypted are shown with the password, and only then', async () => {
    const without = await cli.run(['preview', '/secret.7z']);
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('PASSWORD_REQUIRED') });
    const listing = await cli.run(['preview', '/secret.7z', '--password-stdin', '--json'], {
      input: 'correct horse\n',
    });
    expect(listing, listing.stderr).toMatchObject({ code: 0 });
    expect(ArchiveListing.parse(JSON.parse(listing.stdout))).toMatchObject({ format: '7z', next: null });
    expect(listing.stdout).toContain('tree/');
  });

  it('A2 a wrong password and a missing one are told apart, and leave nothing', async () => {
    const extract = ['extract', '/secret.zip', '--to', '/never', '--wait'];
    const missing = await cli.run(extract);
    expect(missing).toMatchObject({ code: 1 });
    expect(missing.stdout + missing.stderr).toContain('PASSWORD_REQUIRED');
    const wrong = await cli.run([...extract, '--password-stdin'], { input: 'wrong\n' });
    expect(wrong.stdout + wrong.stderr).toContain('WRONG_PASSWORD');
    expect((await cli.run(['ls', '/never'])).stderr).toContain('PATH_NOT_FOUND');
  });

  it('A2 a format that cannot be encrypted refuses a password at once', async () => {
    const refused = await cli.run(['compress', '/tree', '--to', '/x.tar.gz', '--password-stdin'], {
      input: 'x\n',
    });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('tar.gz cannot be encrypted');
  });

  it('A10 a split zip is extracted from any of its volumes', async () => {
    const folder = join(work, 'split');
    await mkdir(folder);
    await writeFile(join(folder, 'data.bin'), randomBytes(300_000));
    await run('zip', ['-q', '-s', '64k', 'parts.zip', 'data.bin'], { cwd: folder });
    await cli.run(['put', folder, '/']);
    const task = await cli.json<Task>(['extract', '/split/parts.z02', '--to', '/joined', '--wait']);
    expect(task).toMatchObject({ state: 'completed', rejectedEntries: 0 });
    await cli.run(['get', '/joined', join(work, 'joined')]);
    const joined = await listTree(join(work, 'joined'));
    expect(joined['data.bin']?.split(' ')[1]).toBe((await listTree(folder))['data.bin']?.split(' ')[1]);
  });
});
