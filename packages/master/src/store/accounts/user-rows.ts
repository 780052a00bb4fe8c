import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db } from '../../database/open-database.ts';
import type { Schema } from '../../database/schema.ts';
import { ensureRoot } from '../files/ensure-root.ts';

/** A user with the limits of the group. */
export type UserRow = Selectable<Schema['users']> & {
  group_name: string;
  group_quota_bytes: number | null;
  has_two_factor: number;
} & LimitColumns;

/** The limits of a group that hold for its users as they are. */
export type LimitColumns = Pick<Schema['user_groups'], (typeof limitColumns)[number]>;

const limitColumns = [
  'max_archive_bytes',
  'max_extracted_bytes',
  'max_entries',
  'max_ratio',
  'max_depth',
  'max_running_tasks',
] as const;

const selectUsers = (db: Db) =>
  db
    .selectFrom('users')
    .innerJoin('user_groups as g', 'g.id', 'users.group_id')
    .selectAll('users')
    .select(['g.name as group_name', 'g.quota_bytes as group_quota_bytes', ...limitColumns])
    .select(
      sql<number>`case when exists (select 1 from two_factor t where t.user_id = users.id
        and t.enabled_at_ms is not null) then 1 else 0 end`.as('has_two_factor'),
    );

const nameKey = (name: string): string => name.toLowerCase();

export const findUser = (db: Db, id: string): Promise<UserRow | undefined> =>
  selectUsers(db).where('users.id', '=', id).executeTakeFirst();

/** Ignores case. */
export const findUserByName = (db: Db, name: string): Promise<UserRow | undefined> =>
  selectUsers(db).where('users.name_key', '=', nameKey(name)).executeTakeFirst();

export const listUsers = (db: Db): Promise<UserRow[]> => selectUsers(db).orderBy('users.name_key').execute();

export async function hasUsers(db: Db): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** `first` is the group that a new database has beside the default one: its limits are for others to feel. */
const selectGroup = (tx: Db, which: 'default' | 'first') => {
  const groups = tx.selectFrom('user_groups').select('id');
  return which === 'default'
    ? groups.where('is_default', '=', 1)
    : groups.where('name_key', '=', 'administrators');
};

/** Inserts a user and the root folder of the user's tree. False when the name is taken. */
export async function insertUser(
  tx: Db,
  row: Omit<Insertable<Schema['users']>, 'name_key' | 'used_bytes' | 'disabled' | 'group_id'> & {
    group: { id: string } | 'default' | 'first';
  },
): Promise<boolean> {
  const { group, ...columns } = row;
  const inserted = await tx
    .insertInto('users')
    .values({
      ...columns,
      group_id: typeof group === 'string' ? selectGroup(tx, group) : group.id,
      name_key: nameKey(row.name),
      used_bytes: 0,
      disabled: 0,
    })
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
