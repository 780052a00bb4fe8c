import type { ExpressionBuilder, Updateable } from 'kysely';
import type { Db } from '../../database/open-database.ts';
import type { Schema } from '../../database/schema.ts';

/**
 * Locks the administrators, so that of two transactions that each remove one of the last two, the second sees what
 * the first did. An update that changes nothing is the row lock that both databases have.
 */
const lockAdmins = (tx: Db) =>
  tx
    .updateTable('users')
    .set((eb) => ({ role: eb.ref('role') }))
    .where('role', '=', 'admin')
    .execute();

const anotherAdminThan = (id: string) => (eb: ExpressionBuilder<Schema, 'users'>) =>
  eb.exists(
    eb
      .selectFrom('users as other')
      .select('other.id')
      .where('other.role', '=', 'admin')
      .where('other.disabled', '=', 0)
      .where('other.id', '!=', id),
  );

/** Changes a user. False, and nothing changed, when nobody could administer Longshore afterwards. */
export async function updateUserRow(
  tx: Db,
  id: string,
  change: Pick<
    Updateable<Schema['users']>,
    | 'role'
    | 'group_id'
    | 'disabled'
    | 'quota_bytes'
    | 'password_hash'
    | 'password_change_required'
    | 'oidc_login'
    | 'oidc_issuer'
    | 'oidc_subject'
  >,
): Promise<boolean> {
  const mayLoseAdmin = change.role === 'user' || change.disabled === 1;
  if (mayLoseAdmin) await lockAdmins(tx);
  const updated = await tx
    .updateTable('users')
    .set(change)
    .where('id', '=', id)
    .$if(mayLoseAdmin, (update) => update.where(anotherAdminThan(id)))
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

/** Deletes a user with everything that belongs to it. False when nobody could administer Longshore afterwards. */
export async function deleteUserRow(tx: Db, id: string): Promise<boolean> {
  await lockAdmins(tx);
  const deleted = await tx
    .deleteFrom('users')
    .where('id', '=', id)
    .where(anotherAdminThan(id))
    .executeTakeFirst();
  if (deleted.numDeletedRows === 0n) return false;
  await tx.deleteFrom('events').where('user_id', '=', id).execute();
  return true;
}
