import { AppError } from '@longshore/protocol';
import type { Db } from '../../database/open-database.ts';
import { checkQuota } from '../../store/files/quota.ts';
import { formatPath } from '../parse-path.ts';
import { walkPath } from '../resolve-path.ts';
import type { UploadRequest } from './upload-request.ts';

/**
 * Refuses before any byte is read what publishing would refuse as things are now. Throws `PATH_EXISTS`,
 * `NOT_A_FOLDER`, `QUOTA_EXCEEDED`.
 */
export async function checkUpload(db: Db, userId: string, request: UploadRequest): Promise<void> {
  const { names, conflict } = request;
  const rows = await walkPath(db, userId, names);
  const last = rows.at(-1) ?? rows[0];
  const path = formatPath(names.slice(0, rows.length - 1));
  const taken = rows.length > names.length;
  if (!taken && last.kind === 'file') throw new AppError('NOT_A_FOLDER', `"${path}" is a file`);
  if (taken && (conflict === 'fail' || (conflict === 'overwrite' && last.kind === 'folder'))) {
    throw new AppError('PATH_EXISTS', `"${path}" exists already, as a ${last.kind}`);
  }
  const replacedBytes = taken && conflict === 'overwrite' ? last.sizeBytes : 0;
  await checkQuota(db, userId, request.sizeBytes - replacedBytes);
}
