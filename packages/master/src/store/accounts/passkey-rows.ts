import type { Insertable, Selectable } from 'kysely';
import type { Db } from '../../database/open-database.ts';
import type { Schema } from '../../database/schema.ts';

export type PasskeyRow = Selectable<Schema['passkeys']>;

export const listPasskeys = (db: Db, userId: string): Promise<PasskeyRow[]> =>
  db
    .selectFrom('passkeys')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at_ms')
    .orderBy('id')
    .execute();

export const findPasskey = (db: Db, id: string): Promise<PasskeyRow | undefined> =>
  db.selectFrom('passkeys').selectAll().where('id', '=', id).executeTakeFirst();

/** False when the credential is known already. */
export async function insertPasskey(db: Db, row: Insertable<Schema['passkeys']>): Promise<boolean> {
  const inserted = await db
    .insertInto('passkeys')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}

export async function notePasskeyUse(
  tx: Db,
  use: { id: string; counter: number; atMs: number },
): Promise<void> {
  await tx
    .updateTable('passkeys')
    .set({ counter: use.counter, last_used_at_ms: use.atMs })
    .where('id', '=', use.id)
    .execute();
}

/** Answers the name of the passkey, or undefined when the user has no such one. */
export async function deletePasskey(
  tx: Db,
  passkey: { id: string; userId: string },
): Promise<string | undefined> {
  const deleted = await tx
    .deleteFrom('passkeys')
    .where('id', '=', passkey.id)
    .where('user_id', '=', passkey.userId)
    .returning('name')
    .executeTakeFirst();
  return deleted?.name;
}

/** False when the challenge was answered before. Kept as long as it could be answered once more. */
export async function spendChallenge(tx: Db, challenge: string, untilMs: number): Promise<boolean> {
  const inserted = await tx
    .insertInto('nonces')
    .values({ key_id: 'passkey', nonce: challenge, until_ms: untilMs })
    .onConflict((conflict) => conflict.columns(['key_id', 'nonce']).doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}
