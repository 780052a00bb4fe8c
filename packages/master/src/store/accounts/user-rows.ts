import type { Insertable, Selectable } from 'kysely';
import type { Db } from '../../database/open-database.ts';
import type { Schema } from '../../database/schema.ts';
import { ensureRoot } from '../files/ensure-root.ts';

export type UserRow = Selectable<Schema['users']>;

const nameKey = (name: string): string => name.toLowerCase();

export const findUser = (db: Db, id: string): Promise<UserRow | undefined> =>
  db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();

/** Ignores case. */
export const findUserByName = (db: Db, name: string): Promise<UserRow | undefined> =>
  db.selectFrom('users').selectAll().where('name_key', '=', nameKey(name)).executeTakeFirst();

export const listUsers = (db: Db): Promise<UserRow[]> =>
  db.selectFrom('users').selectAll().orderBy('name_key').execute();

export async function hasUsers(db: Db): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** Inserts a user and the root folder of the user's tree. False when the name is taken. */
export async function insertUser(
  tx: Db,
  row: Omit<Insertable<Schema['users']>, 'name_key' | 'used_bytes' | 'disabled'>,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('users')
    .values({ ...row, name_key: nameKey(row.name), used_bytes: 0, disabled: 0 })
    .onConflict((conflict) => conflict.column('name_key').doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n) return false;
  await ensureRoot(tx, row.id);
  return true;
}

/** Replaces the password, provided that it is still the one that was verified. */
export async function replacePassword(
  tx: Db,
  change: { userId: string; verifiedHash: string; nextHash: string },
): Promise<boolean> {
  const updated = await tx
    .updateTable('users')
    .set({ password_hash: change.nextHash, password_change_required: 0 })
    .where('id', '=', change.userId)
    .where('password_hash', '=', change.verifiedHash)
    .where('disabled', '=', 0)
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

/**
 * Holds the row of a user until the transaction ends. False when the password is no longer the one that was
 * verified or the user is disabled: a session must not survive the reset that happens at the same moment.
 */
export async function holdVerifiedUser(
  tx: Db,
  verified: { userId: string; passwordHash: string },
): Promise<boolean> {
  const held = await tx
    .updateTable('users')
    .set((eb) => ({ password_hash: eb.ref('password_hash') }))
    .where('id', '=', verified.userId)
    .where('password_hash', '=', verified.passwordHash)
    .where('disabled', '=', 0)
    .executeTakeFirst();
  return held.numUpdatedRows === 1n;
}
