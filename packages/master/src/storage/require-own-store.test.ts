import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BlobId } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { openLocalStore } from './drivers/local.ts';
import { requireOwnStore } from './require-own-store.ts';

describeDatabases('the store of a database', (open) => {
  let database: Database;
  let root: string;
  const made: string[] = [];
  const newFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'longshore-store-'));
    made.push(folder);
    return folder;
  };
  const markerOf = (folder: string): string => join(folder, 'blobs', 'store.id');
  beforeEach(async () => {
    database = await open();
    root = newFolder();
  });
  afterEach(() => {
    for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const start = (folder: string, of = database) => requireOwnStore(of.db, folder);

  it('is taken again at every start, and by masters that share it', async () => {
    await Promise.all([start(root), start(root)]);
    await start(root);
    const store = await openLocalStore({ root, clock: systemClock });
    const blobId = BlobId.parse(crypto.randomUUID());
    await store.write(blobId, Readable.from([Buffer.from('x')]), {});
    const listed: BlobId[] = [];
    for await (const id of store.list()) listed.push(id);
    expect(listed).toEqual([blobId]);
  });

  it('is no folder of a master that does not share it', async () => {
    await start(root);
    const own = newFolder();
    const id = readFileSync(markerOf(root), 'utf8').trim();
    const refusal = { code: 'STORE_MISMATCH', message: expect.stringContaining(`should say ${id}`) };
    await expect(start(own)).rejects.toMatchObject(refusal);
    // The fix that the message names.
    writeFileSync(markerOf(own), id);
    await start(own);
  });

  it('is no folder of another database', async () => {
    const other = await open();
    const theirs = newFolder();
    await Promise.all([start(root), start(theirs, other)]);
    await expect(start(theirs)).rejects.toMatchObject({ code: 'STORE_MISMATCH' });
  });

  it('keeps a new database away from bytes that it would delete as unknown', async () => {
    await start(root);
    const store = await openLocalStore({ root, clock: systemClock });
    await store.write(BlobId.parse(crypto.randomUUID()), Readable.from([Buffer.from('x')]), {});
    const fresh = await open();
    await expect(start(root, fresh)).rejects.toMatchObject({ code: 'STORE_MISMATCH' });
  });

  it('may move, and a first start that broke off goes on', async () => {
    await start(root);
    const moved = newFolder();
    renameSync(join(root, 'blobs'), join(moved, 'blobs'));
    await start(moved);
    const fresh = await open();
    await start(moved, fresh);
  });
});
