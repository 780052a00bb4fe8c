import type { UserId } from '@longshore/protocol';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { stageReportedBlobs } from '../store/blobs/blob-rows.ts';
import { chunked } from '../store/chunked.ts';
import { addTask, type TestTask } from '../testing/add-task.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { usedAndOwned } from '../testing/used-and-owned.ts';
import { collectSources } from './collect-sources.ts';
import { type PublishableOutput, publishOutput, publishOutputs } from './publish-outputs.ts';
import { statPath } from './stat-path.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });

describeDatabases('publishing outputs', (open) => {
  let database: Database;
  let user: UserId;
  let task: TestTask;
  beforeAll(async () => {
    database = await open();
  });
  beforeEach(async () => {
    user = await addUser(database.db);
    task = await addTask(database.db, { userId: user });
  });

  /** Paths that end in "/" are folders; all others are files of `sizeBytes`. */
  const stage = async (
    paths: readonly string[],
    sizeBytes = 1,
    owner = task,
  ): Promise<PublishableOutput[]> => {
    const outputs = paths.map((path): PublishableOutput => {
      const folder = path.endsWith('/');
      const blobId = folder ? null : crypto.randomUUID();
      return {
        kind: folder ? 'folder' : 'file',
        path: path.replace(/\/$/, ''),
        blobId,
        mode: 0o600,
        modifiedAtMs: 5,
      };
    });
    const blobs = outputs.flatMap(({ blobId: id }) =>
      id === null ? [] : [{ id, storeId: 'local', sizeBytes, sha256: 'b'.repeat(64), crc32: 0 }],
    );
    await stageReportedBlobs(database.db, blobs, owner);
    return outputs;
  };
  const publish = (
    outputs: readonly PublishableOutput[],
    options: { folder?: string; conflict?: 'fail' | 'rename' | 'overwrite'; batch?: number } = {},
  ) =>
    database.transaction((tx) =>
      publishOutputs(tx, {
        userId: user,
        taskId: task.taskId,
        folder: options.folder ?? '/out',
        conflict: options.conflict ?? 'fail',
        outputs: chunked(outputs, options.batch ?? 1000),
      }),
    );
  const tree = async (): Promise<string[]> => {
    const { sources } = await collectSources(database.db, user, ['/']);
    return sources.map((source) => `${source.path}${source.kind === 'folder' ? '/' : ''}`);
  };

  it.each([1, 2, 1000])('appear with their folders, times and modes, in batches of %i', async (batch) => {
    const outputs = await stage(['a/b/c.txt', 'a/', 'top.txt', 'empty/', 'a/b/d.txt', 'a/b/']);
    const published = await publish(outputs, { batch });
    expect(published.topPaths.sort()).toEqual(['/out/a', '/out/empty', '/out/top.txt']);
    expect(published.changedFolder).toBe('/');
    const expected = ['a/', 'a/b/', 'a/b/c.txt', 'a/b/d.txt', 'empty/', 'top.txt'].map(
      (path) => `out/${path}`,
    );
    expect(await tree()).toEqual(['out/', ...expected]);
    for (const path of expected) {
      expect(await statPath(database.db, user, `/${path}`)).toMatchObject({ modifiedAtMs: 5, mode: 0o600 });
    }
    expect(await usedAndOwned(database.db, user)).toEqual({ used: 3, owned: 3 });
  });

  it('merge with folders that are there, whose times stay', async () => {
    await publish(await stage(['a/x']));
    const before = await statPath(database.db, user, '/out/a');
    const second = await publish(await stage(['a/', 'a/y']));
    expect(second).toEqual({ topPaths: ['/out/a'], changedFolder: '/out' });
    expect(await statPath(database.db, user, '/out/a')).toEqual(before);
    expect(await tree()).toEqual(['out/', 'out/a/', 'out/a/x', 'out/a/y']);
  });

  it('fail: one taken name publishes nothing at all', async () => {
    await publish(await stage(['a/taken']));
    const outputs = await stage(['new/one', 'a/taken']);
    await expect(publish(outputs, { batch: 1 })).rejects.toThrow(code('PATH_EXISTS'));
    expect(await tree()).toEqual(['out/', 'out/a/', 'out/a/taken']);
    expect(await usedAndOwned(database.db, user)).toEqual({ used: 1, owned: 1 });
  });

  it('rename: every file arrives beside the one that is there', async () => {
    for (let count = 0; count < 5; count += 1) {
      await publish(await stage(['f.txt', 'd/f.txt']), { conflict: 'rename' });
    }
    const numbers = ['', ' (1)', ' (2)', ' (3)', ' (4)'];
    const names = (await tree()).filter((path) => path.endsWith('.txt')).sort();
    expect(names).toEqual(numbers.flatMap((number) => [`out/d/f${number}.txt`, `out/f${number}.txt`]).sort());
  });

  it('rename: a folder whose name a file has goes beside it with its content', async () => {
    await publish(await stage(['x']));
    const { topPaths } = await publish(await stage(['x/', 'x/y']), { conflict: 'rename' });
    expect(topPaths).toEqual(['/out/x (1)']);
    expect(await tree()).toEqual(['out/', 'out/x', 'out/x (1)/', 'out/x (1)/y']);
  });

  it('overwrite: files are replaced and their bytes freed, folders are not', async () => {
    await publish(await stage(['a', 'b/c'], 100));
    await publish(await stage(['a', 'b/c', 'd'], 7), { conflict: 'overwrite' });
    expect(await tree()).toEqual(['out/', 'out/a', 'out/b/', 'out/b/c', 'out/d']);
    expect(await usedAndOwned(database.db, user)).toEqual({ used: 21, owned: 21 });
    const over = { conflict: 'overwrite' } as const;
    await expect(publish(await stage(['b']), over)).rejects.toThrow(code('PATH_EXISTS'));
    await expect(publish(await stage(['a/x']), over)).rejects.toThrow(code('PATH_EXISTS'));
  });

  it('a path that comes twice conflicts with itself: refused, numbered, or the last one stays', async () => {
    const twice = async () => [...(await stage(['same'], 1)), ...(await stage(['same'], 2))];
    await expect(publish(await twice())).rejects.toThrow(code('PATH_EXISTS'));
    await publish(await twice(), { conflict: 'rename', folder: '/r' });
    await publish(await twice(), { conflict: 'overwrite', folder: '/o' });
    expect(await tree()).toEqual(['o/', 'o/same', 'r/', 'r/same', 'r/same (1)']);
    expect((await statPath(database.db, user, '/o/same')).sizeBytes).toBe(2);
    expect(await usedAndOwned(database.db, user)).toEqual({ used: 5, owned: 5 });
  });

  it('the quota holds over all outputs together, and by the sizes of the blobs', async () => {
    await database.db.updateTable('users').set({ quota_bytes: 25 }).where('id', '=', user).execute();
    await expect(publish(await stage(['a', 'b', 'c'], 10), { batch: 1 })).rejects.toThrow(
      code('QUOTA_EXCEEDED'),
    );
    expect(await tree()).toEqual([]);
    await publish(await stage(['a', 'b'], 10));
    expect(await usedAndOwned(database.db, user)).toEqual({ used: 20, owned: 20 });
  });

  it('blobs of another task, or of nobody, are never published', async () => {
    const foreign = await addTask(database.db, { userId: await addUser(database.db) });
    const stolen = await stage(['stolen'], 1, foreign);
    await expect(publish(stolen)).rejects.toThrow(code('BLOB_NOT_FOUND'));
    const invented = { ...(await stage(['x'])), blobId: crypto.randomUUID() };
    await expect(
      publish([{ ...invented, kind: 'file', path: 'x', mode: null, modifiedAtMs: null }]),
    ).rejects.toThrow(code('BLOB_NOT_FOUND'));
  });

  it.each(['../x', 'a/../x', 'a\0b', 'a/./b'])('the path %j of a lying node is refused', async (path) => {
    await expect(publish(await stage([path]))).rejects.toThrow(code('NAME_INVALID'));
    expect(await tree()).toEqual([]);
  });

  it('a file in the way of the destination is named', async () => {
    await publish(await stage(['file']), { folder: '/' });
    await expect(publish(await stage(['x']), { folder: '/file/sub' })).rejects.toThrow(code('NOT_A_FOLDER'));
  });

  it.each(['rename', 'overwrite'] as const)('%s settles thousands of taken names', async (conflict) => {
    const paths = Array.from({ length: 2500 }, (_, index) => `d${index % 1200}/f${index}`);
    await publish(await stage(paths));
    await publish(await stage(paths), { conflict });
    const files = (await tree()).filter((path) => !path.endsWith('/'));
    expect(files).toHaveLength(conflict === 'rename' ? 5000 : 2500);
    const { used, owned } = await usedAndOwned(database.db, user);
    expect(used).toBe(owned);
  });

  it('at most ten paths are told', async () => {
    const { topPaths } = await publish(await stage(Array.from({ length: 30 }, (_, index) => `f${index}`)));
    expect(topPaths).toHaveLength(10);
  });

  it('one archive gets its exact path, by the conflict policy', async () => {
    const one = async (conflict: 'fail' | 'rename' | 'overwrite') => {
      const [output] = await stage(['ignored.zip'], 50);
      if (output === undefined) throw new Error('nothing staged');
      return database.transaction((tx) =>
        publishOutput(tx, { userId: user, taskId: task.taskId, path: '/new/a.zip', conflict, output }),
      );
    };
    expect(await one('fail')).toEqual({ topPaths: ['/new/a.zip'], changedFolder: '/' });
    await expect(one('fail')).rejects.toThrow(code('PATH_EXISTS'));
    expect(await one('rename')).toEqual({ topPaths: ['/new/a (1).zip'], changedFolder: '/new' });
    await one('overwrite');
    expect(await usedAndOwned(database.db, user)).toEqual({ used: 100, owned: 100 });
  });

  it('two tasks that publish into one folder at once lose nothing', async () => {
    const outputs = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        stage(['shared/', `shared/${index}`, 'shared/deep/', `shared/deep/${index}`]),
      ),
    );
    await Promise.all(outputs.map((some) => publish(some)));
    expect((await tree()).filter((path) => !path.endsWith('/'))).toHaveLength(12);
  });
});
