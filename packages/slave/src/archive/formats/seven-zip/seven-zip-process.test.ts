import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SevenZipOf, sevenZipsOf } from '../../test-support/seven-zips-of.ts';
import { startSevenZip } from './seven-zip-process.ts';

const longWorkBytes = 40 * 1024 * 1024;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longshore-seven-zip-'));
  writeFileSync(join(folder, 'content'), randomBytes(longWorkBytes));
});
afterEach(() => rmSync(folder, { recursive: true }));

const longWork = (): string[] => ['a', '-t7z', '-mx=9', join(folder, 'out.7z'), join(folder, 'content')];
const underWay = () => expect.poll(() => sevenZipsOf(folder).some(({ isShell }) => !isShell)).toBe(true);
const gone = () => expect.poll(() => sevenZipsOf(folder)).toEqual([]);

describe('7-Zip as a child', () => {
  it('A1 A11 does not outlive a process that is killed', async () => {
    const parent = startInOwnProcess(longWork());
    await underWay();
    parent.kill('SIGKILL');
    await gone();
  });

  it('A11 ends with everything around it when the signal aborts', async () => {
    const abort = new AbortController();
    const child = startSevenZip(longWork(), { signal: abort.signal, maxCpuSeconds: null });
    await underWay();
    abort.abort('user');
    await expect(child.done).rejects.toBe('user');
    await gone();
  });

  it('A11 ends when the shell around it is killed', async () => {
    const child = startSevenZip(longWork(), { signal: new AbortController().signal, maxCpuSeconds: null });
    await underWay();
    killFirst(({ isShell }) => isShell, 'SIGKILL');
    await expect(child.done).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    await gone();
  });

  it('A9 H13 is ended by the kernel when it has used up its processor time', async () => {
    const child = startSevenZip(longWork(), { signal: new AbortController().signal, maxCpuSeconds: 1 });
    await expect(child.done).rejects.toMatchObject({
      code: 'TASK_TIMEOUT',
      message: expect.stringContaining('more than 1 s of processor time'),
    });
    await gone();
  });

  it('leaves nothing when it ends by itself', async () => {
    const child = startSevenZip(['a', '-t7z', '-mx=0', join(folder, 'out.7z'), join(folder, 'content')], {
      signal: new AbortController().signal,
      maxCpuSeconds: null,
    });
    child.stdout.resume();
    expect(await child.done).toEqual({ hasDamagedHeaders: false, hasTrailingBytes: false });
    await gone();
  });

  it('says that an archive crashes its reader, not that it is damaged', async () => {
    const child = startSevenZip(longWork(), { signal: new AbortController().signal, maxCpuSeconds: null });
    await underWay();
    killFirst(({ isShell }) => !isShell, 'SIGSEGV');
    await expect(child.done).rejects.toMatchObject({
      code: 'ARCHIVE_CORRUPT',
      message: 'the archive makes its reader crash',
    });
  });
});

/** The shell comes first, since it starts the rest. */
function killFirst(which: (process: SevenZipOf) => boolean, signal: NodeJS.Signals): void {
  const pids = sevenZipsOf(folder)
    .filter(which)
    .map(({ pid }) => pid);
  process.kill(Math.min(...pids), signal);
}

function startInOwnProcess(args: readonly string[]): ChildProcess {
  const script = `
    const { startSevenZip } = await import(process.argv[1]);
    startSevenZip(process.argv.slice(2), { signal: new AbortController().signal, maxCpuSeconds: null });
  `;
  const path = join(import.meta.dirname, 'seven-zip-process.ts');
  return spawn(process.execPath, ['--input-type=module', '-e', script, path, ...args], { stdio: 'ignore' });
}
