import type { BlobId, UserId } from '@longshore/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { insertLiveBlob } from '../store/blobs/blob-rows.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { usedAndOwned } from '../testing/used-and-owned.ts';
import { collectSources } from './collect-sources.ts';
import { createFolder } from './create-folder.ts';
import type { FileDeps } from './file-deps.ts';
import { listFolder } from './list-folder.ts';
import { movePath } from './move-path.ts';
import { parsePath } from './parse-path.ts';
import { publishFile } from './publish-file.ts';
import { removePaths } from './remove-paths.ts';
import { statPath } from './stat-path.ts';

describeDatabases('file tree', (open) => {
  let database: Database;
  let deps: FileDeps;
  let user: UserId;
  let changes: string[];
  beforeAll(async () => {
    database = await open();
  });

  const start = async (quotaBytes?: number): Promise<void> => {
    user = await addUser(database.db, quotaBytes === undefined ? {} : { quotaBytes });
    changes = [];
    deps = { database, filesChanged: (_userId, folder) => void changes.push(folder) };
  };
  const put = async (
    path: string,
    options: { sizeBytes?: number; conflict?: 'fail' | 'rename' | 'overwrite'; userId?: UserId } = {},
  ) => {
    const { sizeBytes = 10, conflict = 'fail', userId = user } = options;
    const blobId = crypto.randomUUID() as BlobId;
    return database.transaction(async (tx) => {
      await insertLiveBlob(tx, { id: blobId, storeId: 'local', sizeBytes, sha256: 'a'.repeat(64), crc32: 0 });
      const file = { userId, conflict, blobId, sizeBytes, reservedBytes: 0, mode: 0o644, modifiedAtMs: 1 };
      return publishFile(tx, { ...file, names: parsePath(path) });
    });
  };
  const folder = (path: string) => createFolder(deps, { userId: user, path, parents: true });
  const move = (from: string, to: string, conflict: 'fail' | 'rename' | 'overwrite' = 'fail') =>
    movePath(deps, { userId: user, from, to, conflict });
  const tree = async (path = '/'): Promise<string[]> => {
    const { sources } = await collectSources(database.db, user, [path]);
    return sources.map((source) => `${source.path}${source.kind === 'folder' ? '/' : ''}`);
  };
  const names = async (path: string): Promise<string[]> => {
    const page = await listFolder(database.db, { userId: user, path, cursor: undefined, limit: 1000 });
    return page.entries.map((entry) => entry.name);
  };
  const code = (expected: string) => expect.objectContaining({ code: expected });

  describe('reading', () => {
    it('a new user has an empty root folder', async () => {
      await start();
      expect(await statPath(database.db, user, '/')).toMatchObject({ path: '/', name: '', kind: 'folder' });
      expect(await names('/')).toEqual([]);
    });

    it('the first readers of a new user agree on one root folder', async () => {
      await start();
      const found = await Promise.all(Array.from({ length: 10 }, () => statPath(database.db, user, '/')));
      expect(new Set(found.map((entry) => entry.id)).size).toBe(1);
    });

    it('pages of a folder hold every entry once, folders first, by bytes of their names', async () => {
      await start();
      const files = ['B', 'a', 'Z', 'é', 'b', '10', '9', '_'];
      const folders = ['zz', 'Aa', 'm'];
      for (const name of files) await put(`/f/${name}`);
      for (const name of folders) await folder(`/f/${name}`);
      const bytewise = (list: string[]) =>
        list.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const expected = [...bytewise(folders), ...bytewise(files)];
      for (const limit of [1, 2, 3, 4, 11, 100]) {
        const seen: string[] = [];
        for (let cursor: string | undefined, more = true; more; ) {
          const page = await listFolder(database.db, { userId: user, path: '/f', cursor, limit });
          seen.push(...page.entries.map((entry) => entry.name));
          cursor = page.next ?? undefined;
          more = page.next !== null;
        }
        expect(seen).toEqual(expected);
      }
    });

    it('a path through a file, and a missing one, are told apart', async () => {
      await start();
      await put('/a/file');
      await expect(statPath(database.db, user, '/a/file/x')).rejects.toThrow(code('NOT_A_FOLDER'));
      await expect(statPath(database.db, user, '/a/none')).rejects.toThrow(code('PATH_NOT_FOUND'));
      await expect(names('/a/file')).rejects.toThrow(code('NOT_A_FOLDER'));
    });

    it('a cursor of somebody’s own making is refused', async () => {
      await start();
      const list = listFolder(database.db, { userId: user, path: '/', cursor: 'e30', limit: 1 });
      await expect(list).rejects.toThrow(code('BAD_REQUEST'));
    });
  });

  describe('folders', () => {
    it('are made with their parents only when asked', async () => {
      await start();
      const alone = createFolder(deps, { userId: user, path: '/a/b/c', parents: false });
      await expect(alone).rejects.toThrow(code('PATH_NOT_FOUND'));
      const made = await createFolder(deps, { userId: user, path: '/a/b/c', parents: true, modifiedAtMs: 7 });
      expect(made).toMatchObject({ path: '/a/b/c', modifiedAtMs: 7 });
      expect(await folder('/a/b/c')).toMatchObject({ id: made.id });
      expect(changes).toEqual(['/']);
      const again = createFolder(deps, { userId: user, path: '/a/b/c', parents: false });
      await expect(again).rejects.toThrow(code('PATH_EXISTS'));
    });

    it('one that is made by many at once is one', async () => {
      await start();
      const made = await Promise.all(Array.from({ length: 10 }, () => folder('/x/y/z')));
      expect(new Set(made.map((entry) => entry.id)).size).toBe(1);
      expect(await tree()).toEqual(['x/', 'x/y/', 'x/y/z/']);
    });

    it('cannot be made below a file', async () => {
      await start();
      await put('/file');
      await expect(folder('/file/x')).rejects.toThrow(code('NOT_A_FOLDER'));
      await expect(folder('/file')).rejects.toThrow(code('NOT_A_FOLDER'));
    });
  });

  describe('conflicts', () => {
    it('fail refuses and changes nothing', async () => {
      await start();
      await put('/a', { sizeBytes: 5 });
      await expect(put('/a')).rejects.toThrow(code('PATH_EXISTS'));
      expect(await usedAndOwned(database.db, user)).toEqual({ used: 5, owned: 5 });
    });

    it('rename takes the first free number', async () => {
      await start();
      for (let count = 0; count < 12; count += 1) await put('/a.txt', { conflict: 'rename' });
      expect((await put('/a.txt', { conflict: 'rename' })).path).toBe('/a (12).txt');
      await removePaths(deps, { userId: user, paths: ['/a (3).txt'] });
      expect((await put('/a.txt', { conflict: 'rename' })).path).toBe('/a (3).txt');
    });

    it('overwrite replaces a file, counts the difference, and never replaces a folder', async () => {
      await start(100);
      await put('/a', { sizeBytes: 60 });
      await put('/a', { sizeBytes: 90, conflict: 'overwrite' });
      expect(await usedAndOwned(database.db, user)).toEqual({ used: 90, owned: 90 });
      await folder('/d');
      await expect(put('/d', { sizeBytes: 1, conflict: 'overwrite' })).rejects.toThrow(code('PATH_EXISTS'));
    });

    it('parallel files of one name under rename all arrive', async () => {
      await start();
      const paths = await Promise.all(Array.from({ length: 10 }, () => put('/n', { conflict: 'rename' })));
      expect(new Set(paths.map((file) => file.path)).size).toBe(10);
    });
  });

  describe('moving', () => {
    it('renames and moves with everything inside', async () => {
      await start();
      await put('/a/b/c');
      await folder('/t');
      const moved = await move('/a/b', '/t/d');
      expect(moved).toMatchObject({ path: '/t/d', name: 'd', kind: 'folder' });
      expect(await tree()).toEqual(['a/', 't/', 't/d/', 't/d/c']);
      expect(await move('/t/d', '/t/d')).toMatchObject({ path: '/t/d' });
    });

    it('refuses what would lose or hide files', async () => {
      await start();
      await put('/a/b/c');
      await put('/file');
      await expect(move('/a', '/a/b/x')).rejects.toThrow(code('FOLDER_INTO_ITSELF'));
      await expect(move('/a', '/a/x')).rejects.toThrow(code('FOLDER_INTO_ITSELF'));
      await expect(move('/', '/x')).rejects.toThrow(code('PATH_INVALID'));
      await expect(move('/a', '/')).rejects.toThrow(code('PATH_EXISTS'));
      await expect(move('/a', '/none/x')).rejects.toThrow(code('PATH_NOT_FOUND'));
      await expect(move('/none', '/x')).rejects.toThrow(code('PATH_NOT_FOUND'));
      await expect(move('/file', '/a')).rejects.toThrow(code('PATH_EXISTS'));
      await expect(move('/file', '/a', 'overwrite')).rejects.toThrow(code('PATH_EXISTS'));
      await expect(move('/a', '/file', 'overwrite')).rejects.toThrow(code('PATH_EXISTS'));
    });

    it('two folders moved into each other at once do not vanish', async () => {
      await start();
      for (let round = 0; round < 5; round += 1) {
        await folder(`/${round}/p`);
        await folder(`/${round}/q`);
        const moves = await Promise.allSettled([
          move(`/${round}/p`, `/${round}/q/p`),
          move(`/${round}/q`, `/${round}/p/q`),
        ]);
        expect(moves.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
        expect(await tree(`/${round}`)).toHaveLength(3);
      }
    });

    it('renames beside, replaces a file, and merges folders file by file', async () => {
      await start();
      await put('/from/same', { sizeBytes: 3 });
      await put('/from/sub/new', { sizeBytes: 4 });
      await put('/to/same', { sizeBytes: 50 });
      await put('/to/sub/old', { sizeBytes: 6 });
      expect((await move('/from/same', '/to/same', 'rename')).path).toBe('/to/same (1)');
      await move('/to/same (1)', '/from/same');
      await move('/from', '/to', 'overwrite');
      expect(await tree()).toEqual(['to/', 'to/same', 'to/sub/', 'to/sub/new', 'to/sub/old']);
      expect((await statPath(database.db, user, '/to/same')).sizeBytes).toBe(3);
      expect(await usedAndOwned(database.db, user)).toEqual({ used: 13, owned: 13 });
    });

    it('a merge that meets a file and a folder of one name moves nothing', async () => {
      await start();
      await put('/from/a');
      await put('/from/x/deep');
      await put('/to/x');
      await expect(move('/from', '/to', 'overwrite')).rejects.toThrow(code('PATH_EXISTS'));
      expect(await tree()).toEqual(['from/', 'from/a', 'from/x/', 'from/x/deep', 'to/', 'to/x']);
    });

    it('cannot build a tree that is too deep to be reached', async () => {
      await start();
      const deep = `/${Array.from({ length: 200 }, () => 'd').join('/')}`;
      await folder(`/a${deep}`);
      await folder(`/b${deep}`);
      await expect(move('/a', `/b${deep}/a`)).rejects.toThrow(code('PATH_INVALID'));
    });
  });

  describe('deleting', () => {
    it('takes everything inside and frees its bytes', async () => {
      await start();
      await put('/a/b/c', { sizeBytes: 7 });
      await put('/a/d', { sizeBytes: 8 });
      await put('/keep', { sizeBytes: 9 });
      await removePaths(deps, { userId: user, paths: ['/a', '/a/b'] });
      expect(await tree()).toEqual(['keep']);
      expect(await usedAndOwned(database.db, user)).toEqual({ used: 9, owned: 9 });
    });

    it('is all or nothing, and spares the root folder', async () => {
      await start();
      await put('/a');
      const some = removePaths(deps, { userId: user, paths: ['/a', '/none'] });
      await expect(some).rejects.toThrow(code('PATH_NOT_FOUND'));
      await expect(removePaths(deps, { userId: user, paths: ['/'] })).rejects.toThrow(code('PATH_INVALID'));
      expect(await tree()).toEqual(['a']);
    });

    it('the deepest tree can be deleted', async () => {
      await start();
      const path = `/${Array.from({ length: 255 }, () => 'd').join('/')}`;
      await folder(path);
      await removePaths(deps, { userId: user, paths: ['/d'] });
      expect(await tree()).toEqual([]);
    });
  });

  it('nobody sees, changes or deletes the files of another user', async () => {
    await start();
    const owner = user;
    await put('/secret/file', { userId: owner });
    const other = await addUser(database.db);
    await expect(statPath(database.db, other, '/secret/file')).rejects.toThrow(code('PATH_NOT_FOUND'));
    await expect(collectSources(database.db, other, ['/secret'])).rejects.toThrow(code('PATH_NOT_FOUND'));
    await expect(removePaths(deps, { userId: other, paths: ['/secret'] })).rejects.toThrow(
      code('PATH_NOT_FOUND'),
    );
    const move = movePath(deps, { userId: other, from: '/secret', to: '/x', conflict: 'fail' });
    await expect(move).rejects.toThrow(code('PATH_NOT_FOUND'));
    expect(await tree()).toEqual(['secret/', 'secret/file']);
  });

  describe('quota', () => {
    it('100 parallel files at the edge never exceed it, and use all of it', async () => {
      await start(1000);
      const puts = await Promise.allSettled(
        Array.from({ length: 100 }, (_, index) => put(`/q/${index}`, { sizeBytes: 100 })),
      );
      expect(puts.filter((result) => result.status === 'fulfilled')).toHaveLength(10);
      for (const result of puts) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'QUOTA_EXCEEDED' });
      }
      expect(await usedAndOwned(database.db, user)).toEqual({ used: 1000, owned: 1000 });
    });

    it('a user over a lowered quota can still delete and shrink', async () => {
      await start(1000);
      await put('/a', { sizeBytes: 900 });
      await put('/b', { sizeBytes: 100 });
      await database.db.updateTable('users').set({ quota_bytes: 10 }).where('id', '=', user).execute();
      await put('/a', { sizeBytes: 500, conflict: 'overwrite' });
      await removePaths(deps, { userId: user, paths: ['/b'] });
      expect(await usedAndOwned(database.db, user)).toEqual({ used: 500, owned: 500 });
    });
  });

  describe('sources of a task', () => {
    it('stand under the names of the paths given, folders before their content', async () => {
      await start();
      await put('/a/photos/2026/x.jpg', { sizeBytes: 3 });
      await folder('/a/photos/empty');
      await put('/b.txt', { sizeBytes: 4 });
      const { sources, totalBytes } = await collectSources(database.db, user, ['/a/photos', '/b.txt']);
      expect(sources.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
        'folder photos',
        'folder photos/2026',
        'file photos/2026/x.jpg',
        'folder photos/empty',
        'file b.txt',
      ]);
      expect(totalBytes).toBe(7);
    });

    it('the root folder gives its content', async () => {
      await start();
      await put('/a/x');
      await put('/y');
      expect(await tree('/')).toEqual(['a/', 'a/x', 'y']);
    });

    it('paths that would meet in the archive are refused', async () => {
      await start();
      await put('/a/x');
      await put('/b/x');
      await put('/x');
      for (const paths of [
        ['/a/x', '/b/x'],
        ['/a', '/a/'],
        ['/', '/a'],
        ['/a', '/'],
        ['/', '//'],
      ]) {
        const collect = collectSources(database.db, user, paths);
        await expect(collect, paths.join(' ')).rejects.toThrow(code('PATH_EXISTS'));
      }
    });
  });
});
