import { AppError } from '@longshore/protocol';
import { findUser, type UserRow } from '../store/accounts/user-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { objectOf } from './view-user.ts';

/**
 * Makes sure that it is the owner who changes how an account is signed in to, not somebody at an open session.
 * Guessing is throttled like a login: say `succeeded` when everything else was right too. Throws `WRONG_CREDENTIALS`,
 * `RATE_LIMITED`.
 */
export async function verifyPassword(
  accounts: Accounts,
  request: { userId: string; password: string; by: Actor },
): Promise<{ user: UserRow; admission: Awaited<ReturnType<LoginThrottle['admit']>> }> {
  const { database, passwords, throttle } = accounts;
  const user = await findUser(database.db, request.userId);
  if (user === undefined) throw new AppError('UNAUTHENTICATED', 'this user does not exist any more');
  const admission = await throttle.admit({ userName: user.name, address: request.by.address });
  if (await passwords.verify(user.password_hash, request.password)) return { user, admission };
  await recordAudit(database.db, request.by, { action: 'password.wrong', object: objectOf(user) });
  throw new AppError('WRONG_CREDENTIALS', 'the present password is wrong');
}
