import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const modulePath = fileURLToPath(new URL('./file-lock.mjs', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longshore-file-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that takes the lock, runs `inside`, and gives the lock back. */
function contender(inside: string) {
  const script = `
    const { acquireFileLock } = await import(${JSON.stringify(modulePath)});
    const { mkdirSync, rmdirSync } = await import('node:fs');
    const release = await acquireFileLock(${JSON.stringify(join(folder, 'lock'))}, (pid) => console.log('waits for', pid));
    ${inside}
    release();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, INSIDE: join(folder, 'inside') },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = once(child, 'close').then(([code]) => ({ code, output }));
  return { child, ended };
}

/** Making a folder fails for the second of two who are inside at the same time. */
const alone = `
    mkdirSync(process.env.INSIDE);
    await new Promise((resolve) => setTimeout(resolve, 30));
    rmdirSync(process.env.INSIDE);`;

test('of many processes only one is inside at a time, also after a holder was killed', async () => {
  const victim = contender(
    "console.log('inside'); await new Promise((resolve) => setTimeout(resolve, 60_000));",
  );
  await once(victim.child.stdout, 'data');
  const waiting = contender('');
  await once(waiting.child.stdout, 'data');
  victim.child.kill('SIGKILL');
  const others = Array.from({ length: 6 }, () => contender(alone));
  const results = await Promise.all([waiting, ...others].map(({ ended }) => ended));
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect(results[0]?.output).toBe(`waits for ${victim.child.pid}\n`);
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});
