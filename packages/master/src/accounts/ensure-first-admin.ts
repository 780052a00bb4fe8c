import { hasUsers, insertUser } from '../store/accounts/user-rows.ts';
import type { Accounts } from './accounts.ts';
import { generatePassword, requireStrongPassword } from './password-hasher.ts';

export const firstAdminName = 'admin';

/**
 * Makes the first administrator when there are no users. Of several masters that start on one empty database, the
 * one whose insert is first wins; the others answer null, as does every later start. Throws `WEAK_PASSWORD`.
 */
export async function ensureFirstAdmin(
  accounts: Accounts,
  chosenPassword: string | null,
): Promise<{ oneTimePassword: string | null } | null> {
  const { database, passwords, clock } = accounts;
  if (await hasUsers(database.db)) return null;
  if (chosenPassword !== null) requireStrongPassword(chosenPassword);
  const password = chosenPassword ?? generatePassword();
  const passwordHash = await passwords.hash(password);
  const created = await database.transaction(async (tx) => {
    if (await hasUsers(tx)) return false;
    return insertUser(tx, {
      id: crypto.randomUUID(),
      name: firstAdminName,
      role: 'admin',
      group: 'first',
      password_hash: passwordHash,
      password_change_required: chosenPassword === null ? 1 : 0,
      quota_bytes: null,
      created_at_ms: clock.nowMs(),
    });
  });
  if (!created) return null;
  return { oneTimePassword: chosenPassword === null ? password : null };
}
