import type { BlobId } from '@longshore/protocol';
import type { Clock } from '@longshore/runtime';
import type { Db } from '../database/open-database.ts';
import { findKnownBlobs } from '../store/blobs/unused-blobs.ts';
import type { StorageDriver } from './storage-driver.ts';
import type { Stores } from './stores.ts';

const batchSize = 500;

/**
 * Deletes published bytes that no row knows: of a crash between the two, or of an attempt of the embedded node that
 * never reported them. Bytes are deleted when they were unknown for `graceMs` of this process's own life, whatever
 * their age on disk: reports that waited while the master was down arrive within that time.
 */
export function createOrphanPurge(options: {
  db: Db;
  stores: Stores;
  clock: Clock;
  graceMs: number;
}): (signal?: AbortSignal) => Promise<{ purged: number; waiting: number }> {
  const { db, stores, clock, graceMs } = options;
  let firstSeenMs = new Map<BlobId, number>();

  const purgeBatch = async (
    driver: StorageDriver,
    batch: readonly BlobId[],
    waiting: Map<BlobId, number>,
  ): Promise<number> => {
    const known = await findKnownBlobs(db, batch);
    let purged = 0;
    for (const blobId of batch.filter((id) => !known.has(id))) {
      const sinceMs = firstSeenMs.get(blobId) ?? clock.monotonicMs();
      if (clock.monotonicMs() - sinceMs < graceMs) {
        waiting.set(blobId, sinceMs);
        continue;
      }
      await driver.delete(blobId);
      purged += 1;
    }
    return purged;
  };

  return async (signal) => {
    const waiting = new Map<BlobId, number>();
    let purged = 0;
    for (const driver of stores.all.values()) {
      let batch: BlobId[] = [];
      for await (const blobId of driver.list()) {
        if (signal?.aborted === true) return { purged, waiting: firstSeenMs.size };
        batch.push(blobId);
        if (batch.length < batchSize) continue;
        purged += await purgeBatch(driver, batch, waiting);
        batch = [];
      }
      purged += await purgeBatch(driver, batch, waiting);
    }
    firstSeenMs = waiting;
    return { purged, waiting: waiting.size };
  };
}
