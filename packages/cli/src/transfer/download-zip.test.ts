import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { files, zipRoute } from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../testing/cli-test.ts';
import type { LoopbackMaster } from '../testing/loopback-master.ts';
import { run } from '../testing/run.ts';

const zip = randomBytes(9 * 1024 * 1024);

/** Links with a new ticket each time; answers what was asked of them. */
function serveZip(
  master: LoopbackMaster,
  options: { digest: string; cutFirstAt?: number },
): { paths: string[][]; ranges: (string | undefined)[] } {
  const asked = { paths: [] as string[][], ranges: [] as (string | undefined)[] };
  master.on(files.createZip, ({ body }) => {
    asked.paths.push(body.paths);
    const url = `${zipRoute}/both.zip?ticket=${asked.paths.length}`;
    const { digest } = options;
    return { url, name: 'both.zip', sizeBytes: zip.length, entries: 2, digest, expiresAtMs: 1 };
  });
  master.raw('GET', `${zipRoute}/both.zip`, (request, response) => {
    asked.ranges.push(request.headers.range);
    const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': zip.length - from });
    const isCut = options.cutFirstAt !== undefined && asked.ranges.length === 1;
    response.write(zip.subarray(from, isCut ? options.cutFirstAt : zip.length), () =>
      isCut ? response.destroy() : response.end(),
    );
  });
  return asked;
}

describe('get --zip', () => {
  cliTest(
    'goes on where it was after a broken connection, under the name given',
    async ({ folder, master, longshore }) => {
      const asked = serveZip(master, { digest: 'a'.repeat(64), cutFirstAt: 3 * 1024 * 1024 });
      const target = join(folder, 'all.zip');
      const ran = await longshore('get', '/photos', '/a.txt', target, '--zip');
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
      expect(asked.paths).toEqual([['/photos', '/a.txt']]);
      expect(asked.ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
      expect((await readFile(target)).equals(zip)).toBe(true);
    },
  );

  cliTest.for([
    { left: 'b', next: 'b', range: expect.stringMatching(/^bytes=[1-9]\d*-$/) },
    { left: 'b', next: 'c', range: undefined },
  ])(
    'a run that left zip "$left" unfinished, and zip "$next" after it: only the same zip goes on',
    async (zips, { folder, env, master }) => {
      const into = join(folder, 'into');
      await mkdir(into);
      const argv = ['get', '/photos', '/a.txt', into, '--zip'];
      serveZip(master, { digest: zips.left.repeat(64) });
      master.raw('GET', `${zipRoute}/both.zip`, (_request, response) => {
        response.writeHead(200, { 'content-length': zip.length });
        response.write(zip.subarray(0, 6 * 1024 * 1024));
      });
      const interrupt = new AbortController();
      const running = run(argv, { env, signal: interrupt.signal });
      await expect
        .poll(async () => {
          const [part] = await readdir(into);
          return part === undefined ? 0 : (await readFile(join(into, part))).length;
        })
        .toBeGreaterThan(5 * 1024 * 1024);
      interrupt.abort('interrupted');
      expect((await running).exitCode).toBe(130);

      const asked = serveZip(master, { digest: zips.next.repeat(64) });
      expect((await run(argv, { env })).exitCode).toBe(0);
      expect(asked.ranges).toEqual([zips.range]);
      expect((await readFile(join(into, 'both.zip'))).equals(zip)).toBe(true);
    },
  );

  cliTest('a file that is there already stays', async ({ folder, master, longshore }) => {
    serveZip(master, { digest: 'a'.repeat(64) });
    const target = join(folder, 'all.zip');
    await writeFile(target, 'mine');
    const ran = await longshore('get', '/photos', target, '--zip');
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('LOCAL_EXISTS');
    expect(await readFile(target, 'utf8')).toBe('mine');
  });
});
