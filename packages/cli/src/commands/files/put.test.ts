import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { cliTest } from '../../testing/cli-test.ts';
import { TransferReport } from '../../transfer/transfer-report.ts';

async function makeTree(root: string): Promise<void> {
  await mkdir(join(root, 'leer', 'tief'), { recursive: true });
  await mkdir(join(root, '写真'), { recursive: true });
  await writeFile(join(root, 'empty.bin'), '');
  await writeFile(join(root, '写真', 'Käse 🧀.txt'), 'cheese');
  await utimes(join(root, '写真', 'Käse 🧀.txt'), 1_600_000_000, 1_600_000_000.25);
}

describe('put', () => {
  cliTest(
    'a folder arrives with empty folders, unicode names, times and bytes',
    async ({ folder, files, longshore }) => {
      await makeTree(join(folder, 'photos'));
      const ran = await longshore('put', join(folder, 'photos'), '/', '--json');
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
      expect(TransferReport.parse(JSON.parse(ran.stdout))).toMatchObject({
        files: 2,
        bytes: 6,
        folders: 4,
        failed: [],
      });
      expect([...files.stored.keys()].sort()).toEqual(
        [
          '/',
          '/photos',
          '/photos/empty.bin',
          '/photos/leer',
          '/photos/leer/tief',
          '/photos/写真',
          '/photos/写真/Käse 🧀.txt',
        ].sort(),
      );
      const cheese = files.stored.get('/photos/写真/Käse 🧀.txt');
      expect(cheese?.bytes.toString()).toBe('cheese');
      expect(cheese?.entry.modifiedAtMs).toBe(1_600_000_000_250);
    },
  );

  cliTest('a small file is one request', async ({ folder, master, files, longshore }) => {
    await writeFile(join(folder, 'a.txt'), 'a');
    await longshore('put', join(folder, 'a.txt'), '/');
    expect(files.stored.has('/a.txt')).toBe(true);
    expect(master.requests.filter((request) => request.includes('uploads'))).toEqual([
      'POST /api/v1/uploads',
    ]);
  });

  cliTest('what is there already is not sent again', async ({ folder, files, master, longshore }) => {
    await makeTree(join(folder, 'photos'));
    await longshore('put', join(folder, 'photos'), '/');
    master.requests.length = 0;
    await writeFile(join(folder, 'photos', 'new.txt'), 'new');
    const ran = await longshore('put', join(folder, 'photos'), '/', '--json');
    expect(JSON.parse(ran.stdout)).toMatchObject({ files: 1, unchanged: 2, folders: 0 });
    expect(master.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
    expect(files.stored.has('/photos/new.txt')).toBe(true);
  });

  cliTest(
    'one source becomes the remote path when nothing is there',
    async ({ folder, files, longshore }) => {
      await writeFile(join(folder, 'a.txt'), 'a');
      await longshore('put', join(folder, 'a.txt'), '/b.txt');
      expect(files.stored.has('/b.txt')).toBe(true);
    },
  );

  cliTest('several sources go into a folder, which is created', async ({ folder, files, longshore }) => {
    await writeFile(join(folder, 'a.txt'), 'a');
    await writeFile(join(folder, 'b.txt'), 'b');
    await longshore('put', join(folder, 'a.txt'), join(folder, 'b.txt'), '/both');
    expect([...files.stored.keys()]).toEqual(expect.arrayContaining(['/both', '/both/a.txt', '/both/b.txt']));
  });

  cliTest('"folder/." stands for what is in it', async ({ folder, files, longshore }) => {
    await makeTree(join(folder, 'photos'));
    files.addFolder('/pictures');
    await longshore('put', `${join(folder, 'photos')}/.`, '/pictures');
    expect(files.stored.has('/pictures/写真/Käse 🧀.txt')).toBe(true);
    expect(files.stored.has('/pictures/photos')).toBe(false);
  });

  cliTest(
    'a name that is taken by other content fails alone, with exit code 1',
    async ({ folder, files, longshore }) => {
      await makeTree(join(folder, 'photos'));
      files.addFolder('/photos');
      files.addFile('/photos/empty.bin', Buffer.from('not empty'));
      const ran = await longshore('put', join(folder, 'photos'), '/');
      expect(ran.exitCode).toBe(1);
      expect(ran.stderr).toContain('PATH_EXISTS');
      expect(files.stored.has('/photos/写真/Käse 🧀.txt')).toBe(true);
    },
  );

  cliTest('links are skipped and named', async ({ folder, files, longshore }) => {
    await mkdir(join(folder, 'photos'));
    await symlink('/etc/passwd', join(folder, 'photos', 'link'));
    const ran = await longshore('put', join(folder, 'photos'), '/');
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain('skipped');
    expect(files.stored.has('/photos/link')).toBe(false);
  });

  cliTest(
    'a local path that does not exist is named before anything is sent',
    async ({ folder, files, master, longshore }) => {
      const ran = await longshore('put', join(folder, 'nothing'), '/');
      expect(ran.exitCode).toBe(1);
      expect(ran.stderr).toMatch(/^error LOCAL_NOT_FOUND: .*nothing does not exist\nfix: /);
      expect(master.requests).toEqual([]);
      expect(files.stored.size).toBe(1);
    },
  );

  cliTest(
    'a folder that cannot be made is one failure, and what belongs in it is not tried',
    async ({ folder, files, longshore }) => {
      await makeTree(join(folder, 'photos'));
      files.addFolder('/photos');
      files.addFile('/photos/leer', Buffer.from('in the way'));
      const ran = await longshore('put', join(folder, 'photos'), '/', '--json');
      expect(ran.exitCode).toBe(1);
      const { failed } = TransferReport.parse(JSON.parse(ran.stdout));
      expect(failed.map(({ path, error }) => [path, error.code])).toEqual([['/photos/leer', 'NOT_A_FOLDER']]);
      expect(files.stored.has('/photos/写真/Käse 🧀.txt')).toBe(true);
    },
  );

  cliTest('a relative remote path is a usage error', async ({ folder, longshore }) => {
    const ran = await longshore('put', folder, 'photos');
    expect(ran).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not absolute') });
  });
});
