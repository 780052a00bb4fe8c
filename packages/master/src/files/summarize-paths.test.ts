import type { BlobId, UserId } from '@longshore/protocol';
import { beforeAll, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { insertLiveBlob } from '../store/blobs/blob-rows.ts';
import { insertFiles } from '../store/files/insert-files.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { ensureFolder } from './ensure-folder.ts';
import { parsePath } from './parse-path.ts';
import { summarizePaths } from './summarize-paths.ts';

describeDatabases('what a selection holds', (open) => {
  let database: Database;
  let user: UserId;
  beforeAll(async () => {
    database = await open();
    user = await addUser(database.db);
    await fill(user, '/a', 3, 10);
    await fill(user, '/a/b/c', 2, 100);
    await fill(user, '/many', 20_000, 1);
  });

  /** So many files of the same size in a folder. */
  const fill = (userId: UserId, path: string, count: number, sizeBytes: number) =>
    database.transaction(async (tx) => {
      const { folder } = await ensureFolder(tx, userId, parsePath(path));
      const blobId = crypto.randomUUID() as BlobId;
      await insertLiveBlob(tx, { id: blobId, storeId: 'local', sizeBytes, sha256: 'a'.repeat(64), crc32: 0 });
      const files = Array.from({ length: count }, (_, index) => ({
        id: crypto.randomUUID(),
        parentId: folder.id,
        name: `file-${index}`,
        kind: 'file' as const,
        blobId,
        sizeBytes,
        mode: 0o644,
        modifiedAtMs: 1,
      }));
      await insertFiles(tx, userId, files);
    });
  const sum = (...paths: string[]) => summarizePaths(database.db, user, paths);

  it('is a folder with everything in it, and a file alone', async () => {
    expect(await sum('/a')).toEqual({ files: 5, folders: 3, bytes: 230 });
    expect(await sum('/a/b')).toEqual({ files: 2, folders: 2, bytes: 200 });
    expect(await sum('/a/file-0')).toEqual({ files: 1, folders: 0, bytes: 10 });
  });

  it('counts what is selected twice once', async () => {
    expect(await sum('/a', '/a/b/c', '/a/file-1', '/a')).toEqual({ files: 5, folders: 3, bytes: 230 });
    expect(await sum('/a/b/c/file-0', '/a/b')).toEqual({ files: 2, folders: 2, bytes: 200 });
  });

  it('is all files for the root folder, which itself does not count', async () => {
    const all = { files: 20_005, folders: 4, bytes: 20_230 };
    expect(await sum('/')).toEqual(all);
    expect(await sum('/a', '/')).toEqual(all);
    expect(await sum('/a', '/many')).toEqual(all);
  });

  it('names the path that does not exist, and never finds files of somebody else', async () => {
    await expect(sum('/a', '/many/x')).rejects.toMatchObject({
      code: 'PATH_NOT_FOUND',
      message: expect.stringContaining('/many/x'),
    });
    const other = await addUser(database.db);
    await expect(summarizePaths(database.db, other, ['/a'])).rejects.toMatchObject({
      code: 'PATH_NOT_FOUND',
    });
  });

  it('a selection of 10 000 files among 20 000 takes few statements', async () => {
    const paths = Array.from({ length: 10_000 }, (_, index) => `/many/file-${index}`);
    let statements = 0;
    const counting = database.db.withPlugin({
      transformQuery: ({ node }) => {
        statements += 1;
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    expect(await summarizePaths(counting, user, paths)).toEqual({
      files: 10_000,
      folders: 0,
      bytes: 10_000,
    });
    expect(statements).toBeLessThan(50);
  });
});
