import { AppError, BlobId } from '@longshore/protocol';
import { findBlob, insertLiveBlob } from '../../store/blobs/blob-rows.ts';
import { finishUpload, type UploadRow } from '../../store/uploads/upload-rows.ts';
import { parsePath } from '../parse-path.ts';
import { publishFile } from '../publish-file.ts';
import type { UploadDeps } from './upload-deps.ts';

/** `path` differs from the one asked for when the conflict policy has chosen another name. */
export type FinishedUpload = {
  readonly fileId: string;
  readonly path: string | null;
  readonly sha256: string;
};

/** Makes the file of an upload that has all its bytes; null while some are missing. Idempotent. */
export async function finishWhenWhole(deps: UploadDeps, upload: UploadRow): Promise<FinishedUpload | null> {
  const { userId, sizeBytes, storeId } = upload;
  if (upload.offsetBytes < sizeBytes) return null;
  if (upload.fileId !== null) return describeFinished(deps, upload, upload.fileId);
  const blobId = BlobId.parse(upload.blobId);
  const written = await deps.stores.get(storeId).finishAppend(blobId);
  if (written.sizeBytes !== sizeBytes) {
    throw new AppError(
      'BLOB_CORRUPT',
      `upload ${upload.id} has ${written.sizeBytes} bytes, not ${sizeBytes}`,
    );
  }
  const published = await deps.database.transaction(async (tx) => {
    await insertLiveBlob(tx, { id: blobId, storeId, ...written });
    const { conflict, mode, modifiedAtMs } = upload;
    const file = { userId, names: parsePath(upload.path), conflict, mode, modifiedAtMs, blobId };
    const made = await publishFile(tx, { ...file, sizeBytes, reservedBytes: sizeBytes });
    if (!(await finishUpload(tx, { id: upload.id, fileId: made.fileId }))) {
      throw new AppError('UPLOAD_NOT_FOUND', 'the upload was ended meanwhile');
    }
    return made;
  });
  deps.filesChanged(userId, published.changedFolder);
  return { fileId: published.fileId, path: published.path, sha256: written.sha256 };
}

async function describeFinished(
  deps: UploadDeps,
  upload: UploadRow,
  fileId: string,
): Promise<FinishedUpload> {
  const blob = await findBlob(deps.database.db, upload.blobId);
  return { fileId, path: null, sha256: blob?.sha256 ?? '' };
}
