import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { cliTest } from '../testing/cli-test.ts';
import { run } from '../testing/run.ts';

const big = randomBytes(9 * 1024 * 1024);

describe('a big upload', () => {
  cliTest('goes on where it was after a broken connection', async ({ folder, files, longshore }) => {
    await writeFile(join(folder, 'big.bin'), big);
    let broken = 0;
    files.beforePiece = ({ request, upload }) => {
      if (upload.bytes.length > 0 || broken > 0 || request.method !== 'PATCH') return;
      broken += 1;
      let seen = 0;
      request.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        if (seen > 4 * 1024 * 1024) request.destroy();
      });
    };
    const ran = await longshore('put', join(folder, 'big.bin'), '/');
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(broken).toBe(1);
    expect(files.uploads.size).toBe(1);
    expect(files.stored.get('/big.bin')?.bytes.equals(big)).toBe(true);
  });

  cliTest('goes on where it was when the program is run again', async ({ folder, env, files }) => {
    await writeFile(join(folder, 'big.bin'), big);
    const interrupt = new AbortController();
    files.beforePiece = ({ request }) => {
      if (request.method === 'PATCH') request.once('data', () => interrupt.abort('interrupted'));
    };
    const argv = ['put', join(folder, 'big.bin'), '/'];
    expect((await run(argv, { env, signal: interrupt.signal })).exitCode).toBe(130);
    expect(files.stored.has('/big.bin')).toBe(false);

    const resumed: number[] = [];
    files.beforePiece = ({ upload }) => void resumed.push(upload.bytes.length);
    expect((await run(argv, { env })).exitCode).toBe(0);
    expect(resumed).toHaveLength(1);
    expect(resumed[0]).toBeGreaterThan(0);
    expect(files.uploads.size).toBe(1);
    expect(files.stored.get('/big.bin')?.bytes.equals(big)).toBe(true);
    expect(await readdir(join(folder, 'state', 'longshore', 'uploads'))).toEqual([]);
  });

  cliTest('begins anew when the master has dropped it', async ({ folder, env, files }) => {
    await writeFile(join(folder, 'big.bin'), big);
    const interrupt = new AbortController();
    files.beforePiece = ({ request }) => {
      if (request.method === 'PATCH') request.once('data', () => interrupt.abort('interrupted'));
    };
    const argv = ['put', join(folder, 'big.bin'), '/'];
    await run(argv, { env, signal: interrupt.signal });
    files.uploads.clear();
    files.beforePiece = () => undefined;
    expect((await run(argv, { env })).exitCode).toBe(0);
    expect(files.stored.get('/big.bin')?.bytes.equals(big)).toBe(true);
  });
});
