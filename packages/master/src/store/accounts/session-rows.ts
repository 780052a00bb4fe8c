import type { Db } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';

/** Who a session or an API token stands for, as of now. */
export type CredentialRow = {
  id: string;
  userId: string;
  userName: string;
  role: 'admin' | 'user';
  disabled: 0 | 1;
  expiresAtMs: number | null;
};

/** Where a session was begun. */
export type SessionOrigin = { address: string; userAgent: string };

export async function insertSession(
  db: Db,
  session: { id: string; userId: string; createdAtMs: number; expiresAtMs: number } & SessionOrigin,
): Promise<void> {
  await db
    .insertInto('sessions')
    .values({
      id: session.id,
      user_id: session.userId,
      created_at_ms: session.createdAtMs,
      last_used_at_ms: session.createdAtMs,
      address: session.address,
      user_agent: session.userAgent,
      expires_at_ms: session.expiresAtMs,
    })
    .execute();
}

export const findSession = async (
  db: Db,
  session: { id: string; userId: string },
): Promise<(CredentialRow & { lastUsedAtMs: number }) | undefined> =>
  (await selectSession(db, session)).rows[0];

const selectSession = prepared((db, session: { id: string; userId: string }) =>
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
      's.last_used_at_ms as lastUsedAtMs',
    ])
    .where('s.id', '=', session.id)
    .where('s.user_id', '=', session.userId),
);

/** Notes a use, unless one was noted after `notSinceMs`. */
export async function touchSession(
  db: Db,
  touch: { id: string; atMs: number; notSinceMs: number },
): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ last_used_at_ms: touch.atMs })
    .where('id', '=', touch.id)
    .where('last_used_at_ms', '<=', touch.notSinceMs)
    .execute();
}

/** Those that have not expired, the most recently used first. */
export const listSessions = (db: Db, of: { userId: string; nowMs: number }) =>
  db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', of.userId)
    .where('expires_at_ms', '>', of.nowMs)
    .orderBy('last_used_at_ms', 'desc')
    .orderBy('id')
    .execute();

/** False when the user has no such session. */
export const deleteSession = (
  db: Db,
  session: { id: string; userId: string },
): Promise<{ address: string; userAgent: string } | undefined> =>
  db
    .deleteFrom('sessions')
    .where('id', '=', session.id)
    .where('user_id', '=', session.userId)
    .returning(['address', 'user_agent as userAgent'])
    .executeTakeFirst();

/** Answers how many. */
export async function deleteOtherSessions(
  db: Db,
  kept: { userId: string; sessionId: string | null },
): Promise<number> {
  const deleted = await db
    .deleteFrom('sessions')
    .where('user_id', '=', kept.userId)
    .where('id', '!=', kept.sessionId ?? '')
    .executeTakeFirst();
  return Number(deleted.numDeletedRows);
}

export async function deleteSessionsOf(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', userId).execute();
}

/** Answers how many. */
export async function deleteExpiredSessions(db: Db, nowMs: number): Promise<number> {
  const deleted = await db.deleteFrom('sessions').where('expires_at_ms', '<=', nowMs).executeTakeFirst();
  return Number(deleted.numDeletedRows);
}
