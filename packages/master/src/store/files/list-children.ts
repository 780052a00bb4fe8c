import type { Db } from '../../database/open-database.ts';
import { type FileRow, fileColumns } from './file-row.ts';

/** Content of one kind of a folder, by name, starting behind `after`. */
export async function listChildren(
  db: Db,
  options: {
    userId: string;
    folderId: string;
    kind: 'file' | 'folder';
    after: string | null;
    limit: number;
  },
): Promise<FileRow[]> {
  const { userId, folderId, kind, after, limit } = options;
  let query = db
    .selectFrom('files as f')
    .leftJoin('blobs as b', 'b.id', 'f.blob_id')
    .select(fileColumns)
    .where('f.parent_id', '=', folderId)
    .where('f.user_id', '=', userId)
    .where('f.kind', '=', kind);
  if (after !== null) query = query.where('f.name', '>', after);
  return query.orderBy('f.name').limit(limit).execute();
}
