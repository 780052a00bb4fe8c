import { sql } from 'kysely';
import type { Db } from '../../database/open-database.ts';

export type TreeRow = {
  readonly kind: 'file' | 'folder';
  readonly path: string;
  readonly blobId: string | null;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly modifiedAtMs: number;
};

/**
 * A file, or a folder with everything in it, as paths under `path`; a folder comes before its content. With an empty
 * `path` the folder itself is left out and the paths are relative to it.
 */
export async function collectTree(
  db: Db,
  root: { userId: string; id: string; path: string },
): Promise<TreeRow[]> {
  const prefix = root.path === '' ? '' : `${root.path}/`;
  // PostgreSQL wants the same collation in every term of a recursion: text put behind a column takes the column's.
  const found = await sql<TreeRow>`with recursive tree (id, path, prefix) as (
      select id, substr(name, 1, 0) || cast(${root.path} as text), substr(name, 1, 0) || cast(${prefix} as text) from files
        where id = ${root.id} and user_id = ${root.userId}
      union all
      select f.id, tree.prefix || f.name, tree.prefix || f.name || '/' from tree join files f on f.parent_id = tree.id
    )
    select f.kind as kind, tree.path as path, f.blob_id as "blobId", f.size_bytes as "sizeBytes", f.mode as mode,
      f.modified_at_ms as "modifiedAtMs"
    from tree join files f on f.id = tree.id where tree.path <> ''`.execute(db);
  return found.rows.sort((a, b) => (a.path < b.path ? -1 : 1));
}
