import { sql } from 'kysely';
import type { Db } from '../../database/open-database.ts';
import { chunked } from '../chunked.ts';
import { type FileRow, fileColumns } from './file-row.ts';

export type ChildName = { readonly parentId: string; readonly name: string };

type ChildColumns = { parent_id: string; name: string };

/** Those of the named children that exist, in no order. */
export async function findChildren(
  db: Db,
  options: { userId: string; children: readonly ChildName[] },
): Promise<FileRow[]> {
  const found: FileRow[] = [];
  for (const children of chunked(options.children, 1000)) {
    const wanted = children.map(
      ({ parentId, name }) => sql`(cast(${parentId} as text), cast(${name} as text))`,
    );
    const rows = await db
      .with('wanted(parent_id, name)', () => sql<ChildColumns>`(values ${sql.join(wanted)})`)
      .selectFrom('files as f')
      .innerJoin('wanted', (join) =>
        join.onRef('wanted.parent_id', '=', 'f.parent_id').onRef('wanted.name', '=', 'f.name'),
      )
      .leftJoin('blobs as b', 'b.id', 'f.blob_id')
      .select(fileColumns)
      .where('f.user_id', '=', options.userId)
      .execute();
    found.push(...rows);
  }
  return found;
}
