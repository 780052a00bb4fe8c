import { type Db, nowMs } from '../../database/open-database.ts';
import { chunked } from '../chunked.ts';
import type { NewFile } from './file-row.ts';

/** Inserts those whose name is free in their folder; answers those whose name was taken, in their order. */
export async function insertFiles(db: Db, userId: string, files: readonly NewFile[]): Promise<NewFile[]> {
  const taken: NewFile[] = [];
  for (const some of chunked(files, 1000)) {
    const result = await db
      .insertInto('files')
      .values(
        some.map((file) => ({
          id: file.id,
          user_id: userId,
          parent_id: file.parentId,
          name: file.name,
          kind: file.kind,
          blob_id: file.blobId,
          size_bytes: file.sizeBytes,
          mode: file.mode,
          modified_at_ms: file.modifiedAtMs ?? nowMs,
          created_at_ms: nowMs,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (Number(result.numInsertedOrUpdatedRows) === some.length) continue;
    const ids = some.map((file) => file.id);
    const inserted = await db.selectFrom('files').select('id').where('id', 'in', ids).execute();
    const known = new Set(inserted.map((row) => row.id));
    taken.push(...some.filter((file) => !known.has(file.id)));
  }
  return taken;
}
