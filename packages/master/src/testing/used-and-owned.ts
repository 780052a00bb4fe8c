import type { Db } from '../database/open-database.ts';

/** What is counted against a user's quota, and what the user's files and unfinished uploads really add up to. */
export async function usedAndOwned(db: Db, userId: string): Promise<{ used: number; owned: number }> {
  const user = await db
    .selectFrom('users')
    .select('used_bytes')
    .where('id', '=', userId)
    .executeTakeFirstOrThrow();
  const files = await db.selectFrom('files').select('size_bytes').where('user_id', '=', userId).execute();
  const uploads = await db
    .selectFrom('uploads')
    .select('size_bytes')
    .where('user_id', '=', userId)
    .where('file_id', 'is', null)
    .execute();
  const owned = [...files, ...uploads].reduce((sum, row) => sum + row.size_bytes, 0);
  return { used: user.used_bytes, owned };
}
