import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const keepsOpen = 'data:text/javascript,setInterval(() => undefined, 1_000)';

it('a command ends with all that it has printed, whatever is still open', async () => {
  const main = join(import.meta.dirname, 'main.ts');
  const { stdout } = await run(process.execPath, ['--import', keepsOpen, main, '--help'], {
    timeout: 50_000,
  });
  expect(stdout).toContain('Usage: longshore');
  expect(stdout.endsWith('\n')).toBe(true);
});
