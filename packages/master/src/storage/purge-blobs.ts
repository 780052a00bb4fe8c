import { BlobId } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import {
  deleteUnusedBlobs,
  findUnusedBlobs,
  forgetSourcesOfEndedTasks,
  isReferenceConflict,
} from '../store/blobs/unused-blobs.ts';
import type { Stores } from './stores.ts';

const scanBlobs = 1000;
const conflictTries = 5;

/**
 * Deletes the blobs that nothing refers to any more; answers how many. Idempotent, and safe beside itself on other
 * masters.
 *
 * The row goes first, in one statement that proves the blob unused; foreign keys refuse it when a reference was made
 * meanwhile. The bytes go after: a crash in between leaves bytes that no row knows, which `purgeOrphans` finds. The
 * other order would leave rows that promise bytes which are gone.
 */
export async function purgeBlobs(options: {
  db: Db;
  stores: Stores;
  /** How long a blob that was staged without an attempt waits for its file. */
  stagedGraceMs: number;
  signal?: AbortSignal;
}): Promise<{ purged: number }> {
  const { db, stores, stagedGraceMs, signal } = options;
  await forgetSourcesOfEndedTasks(db);
  let purged = 0;
  let after: string | null = '';
  while (after !== null && signal?.aborted !== true) {
    const page: Awaited<ReturnType<typeof findUnusedBlobs>> = await findUnusedBlobs(db, {
      after,
      scan: scanBlobs,
      stagedGraceMs,
    });
    for (const { id, storeId } of await deleteRows(db, page.unusedIds, stagedGraceMs)) {
      await stores.get(storeId).delete(BlobId.parse(id));
      purged += 1;
    }
    after = page.last;
  }
  return { purged };
}

async function deleteRows(
  db: Db,
  ids: readonly string[],
  stagedGraceMs: number,
): Promise<{ id: string; storeId: string }[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await deleteUnusedBlobs(db, { ids, stagedGraceMs });
    } catch (error) {
      if (tries === conflictTries || !isReferenceConflict(error)) throw error;
    }
  }
}
