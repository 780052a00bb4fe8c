import { sql } from 'kysely';
import type { Db } from '../../database/open-database.ts';

/** Deletes files, and folders with everything in them. Answers the bytes that were freed. */
export async function deleteTrees(tx: Db, userId: string, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const tree = sql`with recursive tree (id) as (
      select id from files where user_id = ${userId} and id in (${sql.join(ids)})
      union
      select f.id from tree join files f on f.parent_id = tree.id
    )`;
  const sum = await sql<{ bytes: number }>`${tree}
    select cast(coalesce(sum(size_bytes), 0) as bigint) as bytes from files
    where id in (select id from tree)`.execute(tx);
  await sql`${tree} delete from files where id in (select id from tree)`.execute(tx);
  return sum.rows[0]?.bytes ?? 0;
}
