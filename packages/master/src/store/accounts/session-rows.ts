import type { Db } from '../../database/open-database.ts';

/** Who a session or an API token stands for, as of now. */
export type CredentialRow = {
  id: string;
  userId: string;
  userName: string;
  role: 'admin' | 'user';
  disabled: 0 | 1;
  expiresAtMs: number | null;
};

export async function insertSession(
  db: Db,
  session: { id: string; userId: string; createdAtMs: number; expiresAtMs: number },
): Promise<void> {
  await db
    .insertInto('sessions')
    .values({
      id: session.id,
      user_id: session.userId,
      created_at_ms: session.createdAtMs,
      expires_at_ms: session.expiresAtMs,
    })
    .execute();
}

export const findSession = (
  db: Db,
  session: { id: string; userId: string },
): Promise<CredentialRow | undefined> =>
  db
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .select([
      's.id',
      'u.id as userId',
      'u.name as userName',
      'u.role',
      'u.disabled',
      's.expires_at_ms as expiresAtMs',
    ])
    .where('s.id', '=', session.id)
    .where('s.user_id', '=', session.userId)
    .executeTakeFirst();

export async function deleteSession(db: Db, session: { id: string; userId: string }): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('id', '=', session.id)
    .where('user_id', '=', session.userId)
    .execute();
}

export async function deleteSessionsOf(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', userId).execute();
}

/** Answers how many. */
export async function deleteExpiredSessions(db: Db, nowMs: number): Promise<number> {
  const deleted = await db.deleteFrom('sessions').where('expires_at_ms', '<=', nowMs).executeTakeFirst();
  return Number(deleted.numDeletedRows);
}
