import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@longshore/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDirectory } from './lock-data-directory.ts';

const modulePath = fileURLToPath(new URL('./lock-data-directory.ts', import.meta.url));
let parent = '';
let directory = '';
let children: ChildProcess[] = [];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'longshore-lock-'));
  directory = join(parent, 'data');
});
afterEach(async () => {
  for (const child of children) await stop(child, 'SIGKILL');
  children = [];
  chmodSync(parent, 0o700);
  rmSync(parent, { recursive: true });
});

/** Starts a process that locks the directory and stays; resolves to what it says: `locked`, or its error. */
async function contender(options: { uid?: number } = {}): Promise<{ child: ChildProcess; says: string }> {
  const script = `
    const { lockDataDirectory } = await import(${JSON.stringify(modulePath)});
    const uid = Number(process.argv[2]);
    if (uid > 0) process.setuid(uid);
    try { lockDataDirectory(process.argv[1]); gc(); console.log('locked'); setInterval(() => {}, 1000); }
    catch (error) { console.log(error.code + ' ' + error.message); }`;
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--input-type=module', '-e', script, directory, String(options.uid ?? 0)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  const [line] = await once(child.stdout ?? child, 'data');
  return { child, says: String(line).trim() };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

const refusal = (): AppError => {
  try {
    lockDataDirectory(directory).release();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the directory was not refused');
};

test('a second process is refused and told who holds the folder', async () => {
  const { child, says } = await contender();
  expect(says).toBe('locked');
  const error = refusal();
  expect(error.code).toBe('DATA_DIR_IN_USE');
  expect(error.message).toBe(`the folder ${directory} is used by process ${child.pid}`);
});

test('kill -9 of the holder frees the folder at once', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { child, says } = await contender();
    expect(says).toBe('locked');
    await stop(child, 'SIGKILL');
    lockDataDirectory(directory).release();
  }
});

test('a stopped holder still holds the folder', async () => {
  const { child } = await contender();
  child.kill('SIGSTOP');
  expect(refusal().code).toBe('DATA_DIR_IN_USE');
  child.kill('SIGCONT');
});

test('of many processes that start together exactly one gets the folder', async () => {
  const starts = await Promise.all(Array.from({ length: 6 }, () => contender()));
  const said = starts.map(({ says }) => says.split(' ')[0]);
  expect(said.toSorted()).toEqual([...Array<string>(5).fill('DATA_DIR_IN_USE'), 'locked']);
});

test('the same process is refused too, and does not lose its lock by trying', async () => {
  const held = lockDataDirectory(directory);
  expect(refusal().message).toContain(`process ${process.pid}`);
  expect((await contender()).says).toContain('DATA_DIR_IN_USE');
  held.release();
  held.release();
  expect((await contender()).says).toBe('locked');
});

test('a pid that is left behind names nobody', () => {
  mkdirSync(directory);
  writeFileSync(join(directory, 'lock.pid'), '999999999\n');
  lockDataDirectory(directory).release();
  expect(existsSync(join(directory, 'lock.pid'))).toBe(false);
});

test('a missing folder is created for its owner only, with the folders above it', () => {
  directory = join(parent, 'a', 'b');
  lockDataDirectory(directory).release();
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test('a file in the place of the folder is named', () => {
  writeFileSync(directory, '');
  const error = refusal();
  expect(error.code).toBe('DATA_DIR_NOT_WRITABLE');
  expect(error.message).toContain(directory);
});

test('a folder of somebody else is refused', async () => {
  mkdirSync(directory);
  chmodSync(parent, 0o755);
  const root = process.getuid?.() === 0;
  if (!root) chmodSync(directory, 0o500);
  const { says } = await contender(root ? { uid: 65_534 } : {});
  expect(says).toContain(`DATA_DIR_NOT_WRITABLE the folder ${directory} cannot be used: EACCES`);
});
