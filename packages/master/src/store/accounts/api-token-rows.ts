import type { Insertable, Selectable } from 'kysely';
import type { Db } from '../../database/open-database.ts';
import type { Schema } from '../../database/schema.ts';
import type { CredentialRow } from './session-rows.ts';

export type ApiTokenRow = Selectable<Schema['api_tokens']>;

export async function insertApiToken(db: Db, row: Insertable<Schema['api_tokens']>): Promise<void> {
  await db.insertInto('api_tokens').values(row).execute();
}

export const listApiTokens = (db: Db, userId: string): Promise<ApiTokenRow[]> =>
  db
    .selectFrom('api_tokens')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at_ms')
    .orderBy('id')
    .execute();

export const findApiToken = (
  db: Db,
  tokenHash: string,
): Promise<(CredentialRow & Pick<ApiTokenRow, 'access'> & { lastUsedAtMs: number | null }) | undefined> =>
  db
    .selectFrom('api_tokens as t')
    .innerJoin('users as u', 'u.id', 't.user_id')
    .select([
      't.id',
      't.access',
      'u.id as userId',
      'u.name as userName',
      'u.role',
      'u.disabled',
      't.expires_at_ms as expiresAtMs',
      't.last_used_at_ms as lastUsedAtMs',
    ])
    .where('t.token_hash', '=', tokenHash)
    .executeTakeFirst();

/** Notes a use, unless one was noted after `notSinceMs`. */
export async function touchApiToken(
  db: Db,
  touch: { id: string; atMs: number; notSinceMs: number },
): Promise<void> {
  await db
    .updateTable('api_tokens')
    .set({ last_used_at_ms: touch.atMs })
    .where('id', '=', touch.id)
    .where((eb) => eb.or([eb('last_used_at_ms', 'is', null), eb('last_used_at_ms', '<=', touch.notSinceMs)]))
    .execute();
}

/** Answers the name of the token, or undefined when the user has no such one. */
export async function deleteApiToken(
  db: Db,
  token: { id: string; userId: string },
): Promise<string | undefined> {
  const deleted = await db
    .deleteFrom('api_tokens')
    .where('id', '=', token.id)
    .where('user_id', '=', token.userId)
    .returning('name')
    .executeTakeFirst();
  return deleted?.name;
}

export async function deleteApiTokensOf(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('api_tokens').where('user_id', '=', userId).execute();
}
