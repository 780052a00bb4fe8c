import { sql } from 'kysely';
import type { Db } from '../../database/open-database.ts';
import { chunked } from '../chunked.ts';

export type TreeSum = { readonly files: number; readonly folders: number; readonly bytes: number };

/** Far below the number of values that a statement takes. */
const rootsPerQuery = 1000;

/**
 * What lies at and below these files and folders of a user, of which none lies below another. Counts in the database:
 * no row travels.
 */
export async function sumTrees(db: Db, userId: string, rootIds: readonly string[]): Promise<TreeSum> {
  const sum = { files: 0, folders: 0, bytes: 0 };
  for (const ids of chunked(rootIds, rootsPerQuery)) {
    const found = await sql<{ kind: 'file' | 'folder'; count: number; bytes: number }>`
      with recursive tree (id) as (
        select id from files where user_id = ${userId} and id in (${sql.join(ids)})
        union all
        select f.id from tree join files f on f.parent_id = tree.id
      )
      select f.kind as kind, count(*) as count, cast(sum(f.size_bytes) as bigint) as bytes
      from tree join files f on f.id = tree.id where f.parent_id is not null group by f.kind`.execute(db);
    for (const { kind, count, bytes } of found.rows) {
      if (kind === 'file') sum.files += Number(count);
      else sum.folders += Number(count);
      sum.bytes += Number(bytes);
    }
  }
  return sum;
}
