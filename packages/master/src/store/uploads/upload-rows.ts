import type { ConflictPolicy } from '@longshore/protocol';
import { type Db, nowMs } from '../../database/open-database.ts';

export type UploadRow = {
  readonly id: string;
  readonly userId: string;
  readonly path: string;
  readonly conflict: ConflictPolicy;
  readonly sizeBytes: number;
  readonly offsetBytes: number;
  readonly blobId: string;
  readonly storeId: string;
  readonly mode: number;
  readonly modifiedAtMs: number | null;
  /** The file it became; null while it is not finished. */
  readonly fileId: string | null;
  readonly expiresAtMs: number;
};

const columns = [
  'id',
  'user_id as userId',
  'path',
  'conflict',
  'size_bytes as sizeBytes',
  'offset_bytes as offsetBytes',
  'blob_id as blobId',
  'store_id as storeId',
  'mode',
  'modified_at_ms as modifiedAtMs',
  'file_id as fileId',
  'expires_at_ms as expiresAtMs',
] as const;

export async function insertUpload(db: Db, upload: UploadRow): Promise<void> {
  await db
    .insertInto('uploads')
    .values({
      id: upload.id,
      user_id: upload.userId,
      path: upload.path,
      conflict: upload.conflict,
      size_bytes: upload.sizeBytes,
      offset_bytes: upload.offsetBytes,
      blob_id: upload.blobId,
      store_id: upload.storeId,
      mode: upload.mode,
      modified_at_ms: upload.modifiedAtMs,
      file_id: upload.fileId,
      created_at_ms: nowMs,
      expires_at_ms: upload.expiresAtMs,
    })
    .execute();
}

export async function findUpload(
  db: Db,
  key: { userId: string; id: string },
): Promise<UploadRow | undefined> {
  return db
    .selectFrom('uploads')
    .select(columns)
    .where('id', '=', key.id)
    .where('user_id', '=', key.userId)
    .executeTakeFirst();
}

/** Notes bytes that arrived. False when somebody else has moved the offset meanwhile. */
export async function advanceUpload(
  db: Db,
  move: { id: string; from: number; to: number; expiresAtMs: number },
): Promise<boolean> {
  const result = await db
    .updateTable('uploads')
    .set({ offset_bytes: move.to, expires_at_ms: move.expiresAtMs })
    .where('id', '=', move.id)
    .where('offset_bytes', '=', move.from)
    .where('file_id', 'is', null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** Notes the file an upload became. False when it became one before, or is gone. */
export async function finishUpload(tx: Db, upload: { id: string; fileId: string }): Promise<boolean> {
  const result = await tx
    .updateTable('uploads')
    .set({ file_id: upload.fileId })
    .where('id', '=', upload.id)
    .where('file_id', 'is', null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** Forgets an upload; answers it as it was, or undefined when it was gone already. */
export async function deleteUpload(
  tx: Db,
  key: { userId: string; id: string; expiredBeforeMs?: number | undefined },
): Promise<UploadRow | undefined> {
  const { userId, id, expiredBeforeMs } = key;
  let deletion = tx.deleteFrom('uploads').where('id', '=', id).where('user_id', '=', userId);
  if (expiredBeforeMs !== undefined) deletion = deletion.where('expires_at_ms', '<', expiredBeforeMs);
  return deletion.returning(columns).executeTakeFirst();
}

export async function listExpiredUploads(
  db: Db,
  options: { nowMs: number; limit: number },
): Promise<UploadRow[]> {
  return db
    .selectFrom('uploads')
    .select(columns)
    .where('expires_at_ms', '<', options.nowMs)
    .limit(options.limit)
    .execute();
}
