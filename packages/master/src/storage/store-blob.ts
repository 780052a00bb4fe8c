import type { Readable } from 'node:stream';
import { AppError, type BlobId, type StoredBlob } from '@longshore/protocol';
import type { Database } from '../database/open-database.ts';
import { findBlob, isAttemptHeld, stageBlob } from '../store/blobs/blob-rows.ts';
import type { Stores } from './stores.ts';

/**
 * Stores a blob of an attempt. Sending the same bytes under the same id again is no error. Throws before reading:
 * `LEASE_LOST` when the attempt does not hold its lease, `TICKET_INVALID` for an id that is not the attempt's; and
 * `STORAGE_FAILED` for other bytes under the same id, `BODY_TOO_LARGE`, `LENGTH_MISMATCH`, `NO_SPACE`.
 */
export async function storeBlob(
  deps: { database: Database; stores: Stores },
  request: {
    storeId: string;
    blobId: BlobId;
    owner: { partId: string; attempt: number };
    content: Readable;
    sizeBytes: number | undefined;
    maxBytes: number;
  },
): Promise<StoredBlob> {
  const { database, stores } = deps;
  const { db } = database;
  const { storeId, blobId, owner, sizeBytes, maxBytes } = request;
  if (sizeBytes !== undefined && sizeBytes > maxBytes) {
    throw new AppError('BODY_TOO_LARGE', `blob ${blobId} may have at most ${maxBytes} bytes`);
  }
  if (!(await isAttemptHeld(db, owner))) throw leaseLost();
  const present = await findBlob(db, blobId);
  if (present !== undefined && (present.partId !== owner.partId || present.attempt !== owner.attempt)) {
    throw new AppError('TICKET_INVALID', `blob ${blobId} belongs to another attempt`);
  }
  const store = stores.get(storeId);
  const written = await store.write(blobId, request.content, {
    maxBytes,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
  });
  const row = { id: blobId, storeId, ...written };
  if (present === undefined && !(await database.transaction((tx) => stageBlob(tx, row, owner)))) {
    const other = await findBlob(db, blobId);
    if (other === undefined) {
      await store.delete(blobId);
      throw leaseLost();
    }
  }
  return { blobId, ...written };
}

const leaseLost = (): AppError => new AppError('LEASE_LOST', 'the attempt does not hold its lease any more');
