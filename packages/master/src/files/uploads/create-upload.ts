import type { BlobId } from '@longshore/protocol';
import { changeUsedBytes, lockTree } from '../../store/files/quota.ts';
import { insertUpload, type UploadRow } from '../../store/uploads/upload-rows.ts';
import { formatPath } from '../parse-path.ts';
import { checkUpload } from './check-upload.ts';
import { type UploadDeps, uploadLifetimeMs } from './upload-deps.ts';
import type { UploadRequest } from './upload-request.ts';

/**
 * Starts a resumable upload. Its size counts as used from now on, so that an upload that was accepted does not end at
 * the quota. Throws `PATH_EXISTS`, `NOT_A_FOLDER`, `QUOTA_EXCEEDED`.
 */
export async function createUpload(
  deps: UploadDeps,
  upload: { userId: string; request: UploadRequest },
): Promise<UploadRow> {
  const { userId, request } = upload;
  const { sizeBytes, conflict, mode, modifiedAtMs } = request;
  const row: UploadRow = {
    id: crypto.randomUUID(),
    userId,
    path: formatPath(request.names),
    conflict,
    sizeBytes,
    offsetBytes: 0,
    blobId: crypto.randomUUID() as BlobId,
    storeId: deps.stores.defaultStoreId,
    mode,
    modifiedAtMs,
    fileId: null,
    expiresAtMs: deps.clock.nowMs() + uploadLifetimeMs,
  };
  await deps.database.transaction(async (tx) => {
    await lockTree(tx, userId);
    await checkUpload(tx, userId, request);
    await changeUsedBytes(tx, userId, sizeBytes);
    await insertUpload(tx, row);
  });
  return row;
}
