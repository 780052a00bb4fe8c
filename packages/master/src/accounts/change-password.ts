import { AppError, type Session } from '@longshore/protocol';
import { deleteSessionsOf } from '../store/accounts/session-rows.ts';
import { replacePassword } from '../store/accounts/user-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';
import { requireStrongPassword } from './password-hasher.ts';
import { startSession } from './start-session.ts';
import { verifyPassword } from './verify-password.ts';
import { objectOf } from './view-user.ts';

/**
 * Replaces the user's own password. All sessions end, and the answer is a new one; API tokens stay. Guessing the
 * present password is throttled like a login. Throws `WRONG_CREDENTIALS`, `WEAK_PASSWORD`, `RATE_LIMITED`.
 */
export async function changePassword(
  accounts: Accounts,
  request: { userId: string; current: string; next: string; by: Actor },
): Promise<Session> {
  const { database, passwords } = accounts;
  requireStrongPassword(request.next);
  const { user, admission } = await verifyPassword(accounts, { ...request, password: request.current });
  await admission.succeeded();
  const nextHash = await passwords.hash(request.next);
  return database.transaction(async (tx) => {
    const change = { userId: user.id, verifiedHash: user.password_hash, nextHash };
    if (!(await replacePassword(tx, change))) {
      throw new AppError('WRONG_CREDENTIALS', 'the password was changed by somebody else meanwhile');
    }
    await deleteSessionsOf(tx, user.id);
    await recordAudit(tx, request.by, { action: 'password.change', object: objectOf(user) });
    return startSession(accounts, tx, { user: { ...user, password_change_required: 0 }, by: request.by });
  });
}
