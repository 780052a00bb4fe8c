import type { Readable } from 'node:stream';
import { AppError, type BlobId } from '@longshore/protocol';
import { insertLiveBlob } from '../../store/blobs/blob-rows.ts';
import { type PublishedFile, publishFile } from '../publish-file.ts';
import { checkUpload } from './check-upload.ts';
import type { UploadDeps } from './upload-deps.ts';
import type { UploadRequest } from './upload-request.ts';

/**
 * A file that comes whole in the request that announces it: one write and one transaction, no upload to resume. Leaves
 * nothing when it fails.
 */
export async function receiveWholeUpload(
  deps: UploadDeps,
  upload: { userId: string; request: UploadRequest; content: Readable },
): Promise<PublishedFile & { sha256: string }> {
  const { userId, request } = upload;
  const { sizeBytes, names, conflict, mode, modifiedAtMs } = request;
  await checkUpload(deps.database.db, userId, request);
  const storeId = deps.stores.defaultStoreId;
  const store = deps.stores.get(storeId);
  const id = crypto.randomUUID() as BlobId;
  const written = await store.write(id, upload.content, { sizeBytes });
  try {
    const published = await deps.database.transaction(async (tx) => {
      await insertLiveBlob(tx, { id, storeId, ...written });
      const owner = { userId, names, conflict, mode, modifiedAtMs };
      return publishFile(tx, { ...owner, blobId: id, sizeBytes, reservedBytes: 0 });
    });
    deps.filesChanged(userId, published.changedFolder);
    return { ...published, sha256: written.sha256 };
  } catch (error) {
    // Only a refusal says for sure that nothing was committed; other bytes are left to the orphan purge.
    if (error instanceof AppError) await store.delete(id);
    throw error;
  }
}
