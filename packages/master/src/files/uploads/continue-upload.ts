import type { Readable } from 'node:stream';
import { AppError, BlobId } from '@longshore/protocol';
import { advanceUpload, type UploadRow } from '../../store/uploads/upload-rows.ts';
import { findOpenUpload } from './find-open-upload.ts';
import { type FinishedUpload, finishWhenWhole } from './finish-upload.ts';
import { type UploadDeps, uploadLifetimeMs } from './upload-deps.ts';

export type UploadState = { readonly upload: UploadRow; readonly finished: FinishedUpload | null };

/**
 * Takes the next bytes of an upload; with the last one the file appears. What arrived before the connection breaks is
 * kept. Throws `UPLOAD_NOT_FOUND`, `UPLOAD_OFFSET_MISMATCH`, `BODY_TOO_LARGE`, `TRANSFER_FAILED`, `CANCELED` when the
 * client has come again meanwhile, and what publishing refuses.
 */
export async function continueUpload(
  deps: UploadDeps,
  request: {
    userId: string;
    uploadId: string;
    offset: number;
    /** From Content-Length; undefined when the request does not say. */
    announcedBytes: number | undefined;
    content: Readable;
  },
): Promise<UploadState> {
  return deps.turns.take(request.uploadId, async (signal) => {
    const upload = await findOpenUpload(deps, request);
    const { offsetBytes, sizeBytes } = upload;
    if (request.offset !== offsetBytes) {
      const message = `the upload stands at ${offsetBytes}, not at ${request.offset}`;
      throw new AppError('UPLOAD_OFFSET_MISMATCH', message, { details: { offset: offsetBytes } });
    }
    const maxBytes = sizeBytes - offsetBytes;
    if ((request.announcedBytes ?? 0) > maxBytes) {
      throw new AppError('BODY_TOO_LARGE', `only ${maxBytes} bytes are missing`);
    }
    if (maxBytes === 0) return { upload, finished: await finishWhenWhole(deps, upload) };
    const store = deps.stores.get(upload.storeId);
    const { offset, interruptedBy } = await store.append(BlobId.parse(upload.blobId), request.content, {
      offset: offsetBytes,
      maxBytes,
      signal,
    });
    const expiresAtMs = deps.clock.nowMs() + uploadLifetimeMs;
    const move = { id: upload.id, from: offsetBytes, to: offset, expiresAtMs };
    if (!(await advanceUpload(deps.database.db, move))) {
      throw new AppError('UPLOAD_OFFSET_MISMATCH', 'the upload was continued elsewhere meanwhile');
    }
    if (interruptedBy !== null) throw interruptedBy;
    const moved = { ...upload, offsetBytes: offset, expiresAtMs };
    return { upload: moved, finished: await finishWhenWhole(deps, moved) };
  });
}

/**
 * Where an upload stands. One whose bytes are all there but which has not become a file, because the master stopped or
 * publishing was refused, becomes one now.
 */
export async function showUpload(
  deps: UploadDeps,
  request: { userId: string; uploadId: string },
): Promise<UploadState> {
  return deps.turns.take(request.uploadId, async () => {
    const upload = await findOpenUpload(deps, request);
    return { upload, finished: await finishWhenWhole(deps, upload) };
  });
}
