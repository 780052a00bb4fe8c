import { AppError } from '@longshore/protocol';
import { findUpload, type UploadRow } from '../../store/uploads/upload-rows.ts';
import type { UploadDeps } from './upload-deps.ts';

/** An upload of this user that has not expired. Throws `UPLOAD_NOT_FOUND`. */
export async function findOpenUpload(
  deps: UploadDeps,
  key: { userId: string; uploadId: string },
): Promise<UploadRow> {
  const upload = await findUpload(deps.database.db, { userId: key.userId, id: key.uploadId });
  if (upload === undefined || upload.expiresAtMs < deps.clock.nowMs()) {
    throw new AppError('UPLOAD_NOT_FOUND', `there is no upload "${key.uploadId.slice(0, 64)}"`);
  }
  return upload;
}
