import { AppError } from '@longshore/protocol';
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import { type Database, type Db, nowMs } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';
import type { Schema } from '../../database/schema.ts';

/** A group with the number of its users. */
export type GroupRow = Selectable<Schema['user_groups']> & { members: number };

const nameKey = (name: string): string => name.toLowerCase();

const selectGroups = (db: Db) =>
  db
    .selectFrom('user_groups as g')
    .selectAll('g')
    .select(sql<number>`(select count(*) from users where users.group_id = g.id)`.as('members'));

export const listGroups = (db: Db): Promise<GroupRow[]> => selectGroups(db).orderBy('g.name_key').execute();

/** Throws `GROUP_NOT_FOUND`. */
export async function requireGroup(db: Db, id: string): Promise<GroupRow> {
  const row = await selectGroups(db).where('g.id', '=', id).executeTakeFirst();
  if (row === undefined) throw new AppError('GROUP_NOT_FOUND', `there is no group ${id}`);
  return row;
}

/** The group that a user belongs to, and the name of the user. Throws `USER_NOT_FOUND`. */
export async function requireGroupOf(
  db: Db,
  userId: string,
): Promise<Selectable<Schema['user_groups']> & { userName: string }> {
  const [row] = (await selectGroupOf(db, { userId })).rows;
  if (row === undefined) throw new AppError('USER_NOT_FOUND', 'the account is gone');
  return row;
}

const selectGroupOf = prepared((db, { userId }: { userId: string }) =>
  db
    .selectFrom('user_groups as g')
    .innerJoin('users', 'users.group_id', 'g.id')
    .selectAll('g')
    .select('users.name as userName')
    .where('users.id', '=', userId),
);

/** The ids of the only nodes that may work for a user; null for all. */
export async function findAllowedNodes(db: Db, userId: string): Promise<readonly string[] | null> {
  return parseAllowedNodes((await requireGroupOf(db, userId)).allowed_nodes);
}

export const parseAllowedNodes = (stored: string | null): readonly string[] | null =>
  stored === null ? null : (JSON.parse(stored) as string[]);

/** False when the name is taken. */
export async function insertGroup(
  db: Db,
  row: Omit<Insertable<Schema['user_groups']>, 'name_key' | 'created_at_ms' | 'is_default'>,
): Promise<boolean> {
  const inserted = await db
    .insertInto('user_groups')
    .values({ ...row, name_key: nameKey(row.name), is_default: 0, created_at_ms: nowMs })
    .onConflict((conflict) => conflict.column('name_key').doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}

export async function updateGroup(
  db: Db,
  id: string,
  change: Omit<Updateable<Schema['user_groups']>, 'id' | 'name_key' | 'is_default'>,
): Promise<void> {
  await db
    .updateTable('user_groups')
    .set({ ...change, ...(change.name === undefined ? {} : { name_key: nameKey(change.name) }) })
    .where('id', '=', id)
    .execute();
}

/** Another group has this name. */
export async function groupNameIsTaken(db: Db, name: string, exceptId: string): Promise<boolean> {
  const row = await db
    .selectFrom('user_groups')
    .select('id')
    .where('name_key', '=', nameKey(name))
    .where('id', '!=', exceptId)
    .executeTakeFirst();
  return row !== undefined;
}

export async function makeDefaultGroup(tx: Db, id: string): Promise<void> {
  await tx.updateTable('user_groups').set({ is_default: 0 }).where('is_default', '=', 1).execute();
  await tx.updateTable('user_groups').set({ is_default: 1 }).where('id', '=', id).execute();
}

/** Of two transactions that move a user into a group and delete it, the second sees what the first did. */
export async function lockGroup(tx: Db, id: string, dialect: Database['dialect']): Promise<void> {
  if (dialect !== 'postgres') return;
  await tx.selectFrom('user_groups').select('id').where('id', '=', id).forUpdate().execute();
}

/** A group that stays until the transaction ends, for a user to belong to. Throws `GROUP_NOT_FOUND`. */
export async function joinGroup(tx: Db, id: string, dialect: Database['dialect']): Promise<GroupRow> {
  await lockGroup(tx, id, dialect);
  return requireGroup(tx, id);
}

export async function deleteGroupRow(tx: Db, id: string): Promise<void> {
  await tx.deleteFrom('user_groups').where('id', '=', id).execute();
}
