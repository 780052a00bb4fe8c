import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BlobId, type UserId } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { publishFile } from '../files/publish-file.ts';
import { removePaths } from '../files/remove-paths.ts';
import { insertLiveBlob, stageBlob, stageReportedBlobs } from '../store/blobs/blob-rows.ts';
import { addTask, type TestTask } from '../testing/add-task.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { createOrphanPurge } from './create-orphan-purge.ts';
import { openLocalStore } from './drivers/local.ts';
import { purgeBlobs } from './purge-blobs.ts';
import type { StorageDriver } from './storage-driver.ts';
import { createStores, type Stores } from './stores.ts';

describeDatabases('purge', (open) => {
  const root = mkdtempSync(join(tmpdir(), 'longshore-purge-'));
  let database: Database;
  let store: StorageDriver;
  let stores: Stores;
  let user: UserId;
  beforeAll(async () => {
    database = await open();
    store = await openLocalStore({ root, clock: systemClock });
    stores = createStores(new Map([['local', store]]), 'local');
  });
  beforeEach(async () => {
    user = await addUser(database.db);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const purge = () => purgeBlobs({ db: database.db, stores, stagedGraceMs: 60_000 });
  const store1 = async (): Promise<BlobId> => {
    const blobId = BlobId.parse(crypto.randomUUID());
    await store.write(blobId, Readable.from([Buffer.from('x')]), {});
    return blobId;
  };
  const row = (id: BlobId) => ({ id, storeId: 'local', sizeBytes: 1, sha256: 'c'.repeat(64), crc32: 0 });
  const staged = async (owner: TestTask): Promise<BlobId> => {
    const blobId = await store1();
    expect(await stageBlob(database.db, row(blobId), owner)).toBe(true);
    return blobId;
  };
  const file = async (name: string): Promise<BlobId> => {
    const blobId = await store1();
    await database.transaction(async (tx) => {
      await insertLiveBlob(tx, row(blobId));
      const what = { userId: user, names: [name], conflict: 'fail' as const, blobId, sizeBytes: 1 };
      await publishFile(tx, { ...what, reservedBytes: 0, mode: 0o644, modifiedAtMs: null });
    });
    return blobId;
  };
  const remove = (name: string) =>
    removePaths({ database, filesChanged: () => {} }, { userId: user, paths: [`/${name}`] });
  const addSource = (taskId: string, blobId: BlobId, ordinal = 0) =>
    database.db
      .insertInto('task_sources')
      .values({
        task_id: taskId,
        ordinal,
        kind: 'file',
        path: 'x',
        modified_at_ms: 0,
        mode: 0,
        blob_id: blobId,
        size_bytes: 1,
      })
      .execute();
  const addOutput = (partId: string, blobId: BlobId) =>
    database.db
      .insertInto('outputs')
      .values({ part_id: partId, entry_index: 0, kind: 'file', path: 'x', blob_id: blobId, size_bytes: 1 })
      .execute();
  /** Whether a blob is whole: in the database and on disk; or gone from both. */
  const isThere = async (blobId: BlobId): Promise<boolean> => {
    const inDatabase = await database.db.selectFrom('blobs').select('id').where('id', '=', blobId).execute();
    const onDisk = (await store.stat(blobId)) !== undefined;
    expect(onDisk).toBe(inDatabase.length === 1);
    return onDisk;
  };
  const setPart = (partId: string, change: { state?: 'completed' | 'queued' | 'failed'; attempt?: number }) =>
    database.db.updateTable('parts').set(change).where('id', '=', partId).execute();
  const endTask = (taskId: string) =>
    database.db.updateTable('tasks').set({ state: 'failed' }).where('id', '=', taskId).execute();

  it('the bytes of a file stay until the file is deleted', async () => {
    const blobId = await file('f');
    await purge();
    expect(await isThere(blobId)).toBe(true);
    await remove('f');
    await purge();
    expect(await isThere(blobId)).toBe(false);
    await purge();
  });

  it('a deleted file that a task still reads stays until the task ends', async () => {
    const blobId = await file('f');
    const task = await addTask(database.db, { userId: user, partState: 'queued', attempt: 0 });
    await addSource(task.taskId, blobId);
    await remove('f');
    await purge();
    expect(await isThere(blobId)).toBe(true);
    await endTask(task.taskId);
    await purge();
    expect(await isThere(blobId)).toBe(false);
  });

  it.each(['leased', 'running', 'waiting'] as const)('what a %s attempt stores stays', async (partState) => {
    const task = await addTask(database.db, { userId: user, partState });
    const blobId = await staged(task);
    await purge();
    expect(await isThere(blobId)).toBe(true);
  });

  it('what an attempt stored that lost its lease goes', async () => {
    const task = await addTask(database.db, { userId: user });
    const blobId = await staged(task);
    await setPart(task.partId, { attempt: 2 });
    await purge();
    expect(await isThere(blobId)).toBe(false);
  });

  it('outputs stay over attempts and finished parts until the task ends', async () => {
    const task = await addTask(database.db, { userId: user });
    const blobId = await staged(task);
    await addOutput(task.partId, blobId);
    for (const change of [{ state: 'queued' }, { attempt: 2 }, { state: 'completed' }] as const) {
      await setPart(task.partId, change);
      await purge();
      expect(await isThere(blobId)).toBe(true);
    }
    await endTask(task.taskId);
    await purge();
    expect(await isThere(blobId)).toBe(false);
  });

  it('what the attempts of a deleted task or user stored goes', async () => {
    const task = await addTask(database.db, { userId: user });
    const blobs = [await staged(task), await file('f')];
    await database.db.deleteFrom('users').where('id', '=', user).execute();
    await purge();
    for (const blobId of blobs) expect(await isThere(blobId)).toBe(false);
  });

  it('all pages of many blobs are looked at', async () => {
    const task = await addTask(database.db, { userId: user });
    const blobs = Array.from({ length: 2500 }, () => row(BlobId.parse(crypto.randomUUID())));
    await stageReportedBlobs(database.db, blobs, task);
    await endTask(task.taskId);
    await setPart(task.partId, { state: 'failed' });
    expect((await purge()).purged).toBe(2500);
  });

  it('a blob that a task takes as source while its file is deleted is never purged under it', async () => {
    const task = await addTask(database.db, { userId: user, partState: 'queued', attempt: 0 });
    for (let round = 0; round < 40; round += 1) {
      const blobId = await file('racing');
      const [taken] = await Promise.allSettled([
        addSource(task.taskId, blobId, round),
        remove('racing').then(purge),
        purge(),
      ]);
      const there = await isThere(blobId);
      // Either the task has the blob and it is there, or the task was refused it.
      expect(there).toBe(taken.status === 'fulfilled');
    }
  });

  it('a reference made inside an open transaction keeps the blob', async ({ skip }) => {
    if (database.dialect === 'sqlite') return skip('SQLite runs one transaction at a time');
    const blobId = await file('f');
    const task = await addTask(database.db, { userId: user, partState: 'queued', attempt: 0 });
    await remove('f');
    const inserted = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const transaction = database.transaction(async (tx) => {
      await tx
        .insertInto('task_sources')
        .values({
          task_id: task.taskId,
          ordinal: 0,
          kind: 'file',
          path: 'x',
          modified_at_ms: 0,
          mode: 0,
          blob_id: blobId,
          size_bytes: 1,
        })
        .execute();
      inserted.resolve();
      await commit.promise;
    });
    await inserted.promise;
    const purging = purge();
    const waiting = async (): Promise<boolean> => {
      const found = await sql`select 1 from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
      return found.rows.length > 0;
    };
    await expect.poll(waiting).toBe(true);
    commit.resolve();
    await transaction;
    await purging;
    expect(await isThere(blobId)).toBe(true);
  });

  it('bytes that no row knows go after the grace of this process, and not before', async () => {
    let monotonicMs = 0;
    const clock = { nowMs: () => Date.now() + 1e9, monotonicMs: () => monotonicMs };
    const purgeOrphans = createOrphanPurge({ db: database.db, stores, clock, graceMs: 1000 });
    const orphan = await store1();
    const known = await file('known');
    const late = await store1();
    expect((await purgeOrphans()).purged).toBe(0);
    monotonicMs = 999;
    expect((await purgeOrphans()).purged).toBe(0);
    const task = await addTask(database.db, { userId: user });
    await stageBlob(database.db, row(late), task);
    monotonicMs = 1000;
    expect((await purgeOrphans()).purged).toBe(1);
    expect(await isThere(orphan)).toBe(false);
    expect(await isThere(known)).toBe(true);
    expect(await isThere(late)).toBe(true);
  });
});
