import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@longshore/runtime';
import { openSqlite } from '../../packages/master/src/database/dialects/sqlite.ts';
import { openDatabase } from '../../packages/master/src/database/open-database.ts';
import { createOrphanPurge } from '../../packages/master/src/storage/create-orphan-purge.ts';
import { storageDrivers } from '../../packages/master/src/storage/drivers.ts';
import { purgeBlobs } from '../../packages/master/src/storage/purge-blobs.ts';
import { createStores, localStoreId } from '../../packages/master/src/storage/stores.ts';

export type DataReport = {
  /** Bytes in the store that no row knew, before they were purged. */
  readonly orphans: number;
  /** After the purge: blobs in the store that no file uses, and blobs that a file needs and the store lacks. */
  readonly unused: string[];
  readonly missing: string[];
  /** Half-written files that a crash has left, before they were removed. */
  readonly abandoned: number;
  /** Half-written files after that. */
  readonly staged: string[];
  /** Parts that are neither final nor queued, of tasks that have ended. */
  readonly stuckParts: string[];
};

/** What is clean: nothing but what files use. */
export const clean = { unused: [], missing: [], staged: [], stuckParts: [] };

/** Purges the data directory of a master that has stopped, as it would by itself in time, and says what is there. */
export async function inspectData(dataPath: string): Promise<DataReport> {
  const clock = systemClock;
  const database = await openDatabase(openSqlite({ path: join(dataPath, 'longshore.db'), clock }));
  try {
    const { db } = database;
    const driver = await storageDrivers.local({ type: 'local', root: dataPath }, clock);
    const stores = createStores(new Map([[localStoreId, driver]]), localStoreId);
    await purgeBlobs({ db, stores, stagedGraceMs: -1 });
    const purged = await createOrphanPurge({ db, stores, clock, graceMs: 0 })();
    const abandoned = await driver.removeAbandoned(-1);
    const stored = new Set<string>();
    for await (const blobId of driver.list()) stored.add(blobId);
    const rows = await db.selectFrom('files').select('blob_id').where('blob_id', 'is not', null).execute();
    const used = new Set(rows.map((row) => row.blob_id ?? ''));
    const stuck = await db
      .selectFrom('parts')
      .innerJoin('tasks', 'tasks.id', 'parts.task_id')
      .select(['parts.id', 'parts.state'])
      .where('tasks.state', 'not in', ['queued', 'running'])
      .where('parts.state', 'not in', ['completed', 'failed', 'canceled'])
      .execute();
    return {
      orphans: purged.purged,
      abandoned,
      unused: [...stored].filter((id) => !used.has(id)),
      missing: [...used].filter((id) => !stored.has(id)),
      staged: await readdir(join(dataPath, 'staging')).catch(() => []),
      stuckParts: stuck.map((part) => `${part.id} ${part.state}`),
    };
  } finally {
    await database.close();
  }
}
