import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileBytesRoutes } from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../../testing/cli-test.ts';
import type { LoopbackFiles } from '../../testing/loopback-files.ts';
import { TransferReport } from '../../transfer/transfer-report.ts';

function fill(files: LoopbackFiles): void {
  files.addFolder('/copy');
  files.addFolder('/copy/空');
  files.addFile('/copy/a.txt', Buffer.from('a'), 1_600_000_000_250);
  files.addFile('/copy/empty.bin', Buffer.alloc(0));
}

describe('get', () => {
  cliTest(
    'a folder becomes the local path when nothing is there, with times and empty folders',
    async ({ folder, files, longshore }) => {
      fill(files);
      const ran = await longshore('get', '/copy', join(folder, 'back'), '--json');
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
      expect(TransferReport.parse(JSON.parse(ran.stdout))).toMatchObject({
        files: 2,
        folders: 2,
        failed: [],
      });
      expect((await readdir(join(folder, 'back'))).sort()).toEqual(['a.txt', 'empty.bin', '空']);
      expect((await stat(join(folder, 'back', 'a.txt'))).mtimeMs).toBe(1_600_000_000_250);
    },
  );

  cliTest('a folder goes into a local folder that exists', async ({ folder, files, longshore }) => {
    fill(files);
    await mkdir(join(folder, 'back'));
    await longshore('get', '/copy', join(folder, 'back'));
    expect(await readdir(join(folder, 'back'))).toEqual(['copy']);
  });

  cliTest(
    'what is here already is left alone, other content is an error of that file',
    async ({ folder, files, longshore }) => {
      fill(files);
      await mkdir(join(folder, 'back'));
      await writeFile(join(folder, 'back', 'a.txt'), 'b');
      await writeFile(join(folder, 'back', 'empty.bin'), '');
      const ran = await longshore('get', '/copy/.', join(folder, 'back'), '--json');
      expect(ran.exitCode).toBe(1);
      const report = TransferReport.parse(JSON.parse(ran.stdout));
      expect(report).toMatchObject({ unchanged: 1, files: 0 });
      expect(report.failed.map(({ error }) => error.code)).toEqual(['LOCAL_EXISTS']);
      expect(await readFile(join(folder, 'back', 'a.txt'), 'utf8')).toBe('b');

      await longshore('get', '/copy/.', join(folder, 'back'), '--conflict', 'overwrite');
      expect(await readFile(join(folder, 'back', 'a.txt'), 'utf8')).toBe('a');
    },
  );

  cliTest(
    'bytes that differ from the SHA-256 never appear under the name',
    async ({ folder, files, master, longshore }) => {
      fill(files);
      master.raw('GET', fileBytesRoutes.content, (_request, response) => {
        response.writeHead(200, { 'content-length': 1 }).end('x');
      });
      const ran = await longshore('get', '/copy/a.txt', join(folder, 'a.txt'));
      expect(ran.exitCode).toBe(1);
      expect(ran.stderr).toContain('CHECKSUM_MISMATCH');
      expect(
        (await readdir(folder)).filter((name) => name.includes('a.txt') || name.endsWith('.part')),
      ).toEqual([]);
    },
  );

  cliTest('a folder that cannot be made is one failure', async ({ folder, files, longshore }) => {
    fill(files);
    await writeFile(join(folder, 'back'), 'in the way');
    const ran = await longshore('get', '/copy', join(folder, 'back'), '--json');
    expect(ran.exitCode).toBe(1);
    expect(TransferReport.parse(JSON.parse(ran.stdout)).failed).toMatchObject([
      { path: join(folder, 'back') },
    ]);
  });

  cliTest('a path that does not exist is an error', async ({ folder, files, longshore }) => {
    fill(files);
    const ran = await longshore('get', '/nothing', folder, '--json');
    expect(ran.exitCode).toBe(1);
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'PATH_NOT_FOUND' } });
  });
});
