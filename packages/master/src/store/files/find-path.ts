import { sql } from 'kysely';
import type { Db } from '../../database/open-database.ts';
import type { FileRow } from './file-row.ts';

/**
 * The rows along a path of one user, from the root folder to the deepest that exists: all of the path exists when
 * there is one row more than names. Empty when the user has no root folder yet.
 */
export async function findPath(
  db: Db,
  path: { userId: string; names: readonly string[] },
): Promise<FileRow[]> {
  const { userId, names } = path;
  // The first row only keeps the list from being empty.
  const wanted = [sql`(-1, '')`].concat(
    names.map((name, depth) => sql`(cast(${depth} as integer), cast(${name} as text))`),
  );
  const found = await sql<FileRow>`
    with recursive wanted (depth, name) as (values ${sql.join(wanted)}),
    walk (id, depth) as (
      select id, 0 from files where user_id = ${userId} and parent_id is null
      union all
      select f.id, walk.depth + 1 from walk
        join wanted on wanted.depth = walk.depth
        join files f on f.parent_id = walk.id and f.name = wanted.name
    )
    select f.id as id, f.parent_id as "parentId", f.name as name, f.kind as kind, f.blob_id as "blobId",
      b.store_id as "storeId", b.sha256 as sha256, f.size_bytes as "sizeBytes", f.mode as mode,
      f.modified_at_ms as "modifiedAtMs", f.created_at_ms as "createdAtMs"
    from walk join files f on f.id = walk.id left join blobs b on b.id = f.blob_id
    order by walk.depth`.execute(db);
  return found.rows;
}
