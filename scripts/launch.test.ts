import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
let folder = '';
let root = '';

/** A clone with the real launchers, a program that says how it was started, and nothing to set up. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longshore-launch-'));
  root = join(folder, 'the clone');
  const main = join(root, 'packages', 'slave', 'src', 'main.ts');
  for (const path of [dirname(main), join(root, 'scripts'), join(root, 'node_modules', '.set-up')]) {
    mkdirSync(path, { recursive: true });
  }
  for (const path of ['slave', 'scripts/launch.sh']) copyFileSync(join(repository, path), join(root, path));
  writeFileSync(join(root, 'pnpm-lock.yaml'), 'one\n');
  writeFileSync(join(root, 'node_modules', '.set-up', 'production.yaml'), 'one\n');
  symlinkSync(process.execPath, join(root, 'node_modules', '.set-up', 'node'));
  writeFileSync(
    main,
    `process.on('SIGTERM', () => process.exit(7));
     console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), pid: process.pid }));
     if (process.argv[2] === 'stay') setInterval(() => {}, 1000);
     else process.exitCode = 5;`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

function launch(path: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder, ...options });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => ({ ...output, code, signal }));
  return { child, ended, output };
}

test('arguments, working folder and exit code are those of the program', async () => {
  const args = ['a b', '"c"', '$HOME', '', "d'e"];
  const { out, code } = await launch(join(root, 'slave'), args).ended;
  expect(JSON.parse(out)).toMatchObject({ args, cwd: folder });
  expect(code).toBe(5);
});

test('a launcher is found through links, relative and absolute, from anywhere', async () => {
  mkdirSync(join(folder, 'bin'));
  symlinkSync('../the clone/slave', join(folder, 'bin', 'relative'));
  symlinkSync('relative', join(folder, 'bin', 'twice'));
  symlinkSync(join(folder, 'bin', 'twice'), join(folder, 'absolute'));
  for (const path of ['bin/relative', 'bin/twice', 'absolute']) {
    expect((await launch(join(folder, path), [], { cwd: '/' }).ended).code, path).toBe(5);
  }
  expect((await launch('./absolute', []).ended).code).toBe(5);
});

test('the program is the process that was started, so that signals and kill -9 reach it', async () => {
  const first = launch(join(root, 'slave'), ['stay']);
  await expect.poll(() => first.output.out).not.toBe('');
  expect(JSON.parse(first.output.out).pid).toBe(first.child.pid);
  first.child.kill('SIGTERM');
  expect((await first.ended).code).toBe(7);
  const second = launch(join(root, 'slave'), ['stay']);
  await expect.poll(() => second.output.out).not.toBe('');
  second.child.kill('SIGKILL');
  expect((await second.ended).signal).toBe('SIGKILL');
});

test('a lockfile that has changed is set up first, and a set-up that fails ends the launch', async () => {
  writeFileSync(join(root, 'pnpm-lock.yaml'), 'two\n');
  writeFileSync(join(root, 'scripts', 'set-up.mjs'), "console.error('setting up'); process.exit(3);");
  expect(await launch(join(root, 'slave'), []).ended).toMatchObject({
    code: 3,
    out: '',
    err: 'setting up\n',
  });
  writeFileSync(
    join(root, 'scripts', 'set-up.mjs'),
    "import { copyFileSync } from 'node:fs'; copyFileSync('pnpm-lock.yaml', 'node_modules/.set-up/everything.yaml');",
  );
  expect((await launch(join(root, 'slave'), [], { cwd: root }).ended).code).toBe(5);
});

test('without Node the first start says what is needed', async () => {
  rmSync(join(root, 'node_modules'), { recursive: true });
  const bin = join(folder, 'empty');
  mkdirSync(bin);
  for (const name of ['dirname', 'readlink', 'cmp']) {
    writeFileSync(join(bin, name), `#!/bin/sh\nPATH=/usr/bin:/bin exec ${name} "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const { code, err } = await launch(join(root, 'slave'), [], { env: { PATH: bin } }).ended;
  expect(code).toBe(3);
  expect(err).toContain('Longshore needs Node 20 or newer with npm');
});
