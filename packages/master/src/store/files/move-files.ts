import { sql } from 'kysely';
import type { Db } from '../../database/open-database.ts';

/** Gives one file or folder another parent and name. The new name must be free. */
export async function moveFile(
  tx: Db,
  move: { userId: string; id: string; parentId: string; name: string },
): Promise<void> {
  await tx
    .updateTable('files')
    .set({ parent_id: move.parentId, name: move.name })
    .where('id', '=', move.id)
    .where('user_id', '=', move.userId)
    .execute();
}

/** Moves all content of a folder whose names are free in the other one; the rest stays. */
export async function moveFreeChildren(
  tx: Db,
  move: { userId: string; fromId: string; toId: string },
): Promise<void> {
  await sql`update files set parent_id = ${move.toId}
    where parent_id = ${move.fromId} and user_id = ${move.userId}
      and not exists (select 1 from files other where other.parent_id = ${move.toId} and other.name = files.name)`.execute(
    tx,
  );
}

/** How many levels of content a folder has below it: 0 for an empty one. */
export async function heightOf(db: Db, id: string): Promise<number> {
  const found = await sql<{ height: number }>`with recursive tree (id, depth) as (
      select id, 0 from files where id = ${id}
      union all
      select f.id, tree.depth + 1 from tree join files f on f.parent_id = tree.id
    )
    select max(depth) as height from tree`.execute(db);
  return found.rows[0]?.height ?? 0;
}
