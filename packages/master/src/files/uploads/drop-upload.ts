import { AppError, BlobId } from '@longshore/protocol';
import { changeUsedBytes, lockTree } from '../../store/files/quota.ts';
import { deleteUpload, listExpiredUploads } from '../../store/uploads/upload-rows.ts';
import type { UploadDeps } from './upload-deps.ts';

/** Ends an upload; the file of a finished one stays. Throws `UPLOAD_NOT_FOUND`. */
export async function dropUpload(deps: UploadDeps, key: { userId: string; uploadId: string }): Promise<void> {
  if (!(await drop(deps, key))) throw new AppError('UPLOAD_NOT_FOUND', 'there is no such upload');
}

/** Ends the uploads that nobody has continued in time; answers how many. Callable periodically. */
export async function expireUploads(deps: UploadDeps): Promise<number> {
  let expired = 0;
  for (;;) {
    const expiredBeforeMs = deps.clock.nowMs();
    const uploads = await listExpiredUploads(deps.database.db, { nowMs: expiredBeforeMs, limit: 100 });
    if (uploads.length === 0) return expired;
    for (const upload of uploads) {
      const { userId, id: uploadId } = upload;
      if (await drop(deps, { userId, uploadId, expiredBeforeMs })) expired += 1;
    }
  }
}

/** The row goes first: bytes without a row are found by the purge. False when the upload is gone already. */
async function drop(
  deps: UploadDeps,
  key: { userId: string; uploadId: string; expiredBeforeMs?: number },
): Promise<boolean> {
  const { userId, uploadId: id } = key;
  return deps.turns.take(id, async () => {
    const upload = await deps.database.transaction(async (tx) => {
      await lockTree(tx, userId);
      const dropped = await deleteUpload(tx, { userId, id, expiredBeforeMs: key.expiredBeforeMs });
      if (dropped?.fileId === null) await changeUsedBytes(tx, userId, -dropped.sizeBytes);
      return dropped;
    });
    if (upload?.fileId !== null) return upload !== undefined;
    const store = deps.stores.get(upload.storeId);
    await store.dropAppend(BlobId.parse(upload.blobId));
    await store.delete(BlobId.parse(upload.blobId));
    return true;
  });
}
