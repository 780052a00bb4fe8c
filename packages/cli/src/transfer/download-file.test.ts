import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileBytesRoutes } from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../testing/cli-test.ts';
import { run } from '../testing/run.ts';

const big = randomBytes(9 * 1024 * 1024);

describe('a big download', () => {
  cliTest('goes on where it was after a broken connection', async ({ folder, files, master, longshore }) => {
    files.addFile('/big.bin', big);
    const ranges: (string | undefined)[] = [];
    master.raw('GET', fileBytesRoutes.content, (request, response) => {
      ranges.push(request.headers.range);
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': big.length - from });
      const part = ranges.length === 1 ? big.subarray(0, 3 * 1024 * 1024) : big.subarray(from);
      response.write(part, () => (ranges.length === 1 ? response.destroy() : response.end()));
    });
    const ran = await longshore('get', '/big.bin', join(folder, 'big.bin'));
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ranges[0]).toBeUndefined();
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
    expect((await readFile(join(folder, 'big.bin'))).equals(big)).toBe(true);
  });

  cliTest(
    'keeps what has arrived when it is interrupted, and goes on from there',
    async ({ folder, env, files, master }) => {
      files.addFile('/big.bin', big);
      const interrupt = new AbortController();
      let received: string | undefined = 'none';
      master.raw('GET', fileBytesRoutes.content, (_request, response) => {
        response.writeHead(200, { 'content-length': big.length });
        response.write(big.subarray(0, 6 * 1024 * 1024));
      });
      const target = join(folder, 'into', 'big.bin');
      const argv = ['get', '/big.bin', target];
      await mkdir(join(folder, 'into'));
      const first = run(argv, { env, signal: interrupt.signal });
      await expect
        .poll(async () => {
          const [part] = await readdir(join(folder, 'into'));
          return part === undefined ? 0 : (await readFile(join(folder, 'into', part))).length;
        })
        .toBeGreaterThan(5 * 1024 * 1024);
      interrupt.abort('interrupted');
      expect((await first).exitCode).toBe(130);
      expect((await readdir(join(folder, 'into'))).every((name) => name.endsWith('.part'))).toBe(true);

      master.raw('GET', fileBytesRoutes.content, (request, response) => {
        received = request.headers.range?.toString();
        const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
        response.writeHead(206, { 'content-length': big.length - from }).end(big.subarray(from));
      });
      expect((await run(argv, { env })).exitCode).toBe(0);
      expect(received).toMatch(/^bytes=[1-9]\d*-$/);
      expect(await readdir(join(folder, 'into'))).toEqual(['big.bin']);
      expect((await readFile(target)).equals(big)).toBe(true);
    },
  );

  cliTest(
    'begins anew when what an earlier run has left is damaged',
    async ({ folder, env, files, master }) => {
      files.addFile('/big.bin', big);
      const interrupt = new AbortController();
      await mkdir(join(folder, 'into'));
      master.raw('GET', fileBytesRoutes.content, (_request, response) => {
        response.writeHead(200, { 'content-length': big.length });
        response.write(Buffer.alloc(6 * 1024 * 1024), () => interrupt.abort('interrupted'));
      });
      const argv = ['get', '/big.bin', join(folder, 'into')];
      await run(argv, { env, signal: interrupt.signal });
      const ranges: unknown[] = [];
      master.raw('GET', fileBytesRoutes.content, (request, response) => {
        ranges.push(request.headers.range);
        const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
        response
          .writeHead(from > 0 ? 206 : 200, { 'content-length': big.length - from })
          .end(big.subarray(from));
      });
      expect((await run(argv, { env })).exitCode).toBe(0);
      expect(ranges.at(-1)).toBeUndefined();
      expect((await readFile(join(folder, 'into', 'big.bin'))).equals(big)).toBe(true);
    },
  );
});
