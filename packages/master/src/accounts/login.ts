import { AppError, type Session } from '@longshore/protocol';
import { findUserByName, holdVerifiedUser } from '../store/accounts/user-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';
import { startSession } from './start-session.ts';
import { requireSecondFactor } from './two-factor.ts';
import { objectOf } from './view-user.ts';

/**
 * Signs a user in. An unknown user, a disabled one and a wrong password get the same answer after the same work:
 * `WRONG_CREDENTIALS`. Who knows the password may be asked for a second factor: `SECOND_FACTOR_REQUIRED`,
 * `SECOND_FACTOR_WRONG`; such tries count too, so that codes cannot be guessed. Throws `RATE_LIMITED` after too many.
 */
export async function login(
  accounts: Accounts,
  attempt: { user: string; password: string; code?: string | undefined; by: Actor },
): Promise<Session> {
  const { db } = accounts.database;
  const { by } = attempt;
  const admission = await accounts.throttle.admit({ userName: attempt.user, address: by.address });
  const user = await findUserByName(db, attempt.user);
  const enabled = user?.disabled === 0 ? user : undefined;
  const matches = await accounts.passwords.verify(enabled?.password_hash, attempt.password);
  if (enabled === undefined || !matches) {
    // For an unknown name too, so that it takes as long; the name itself may be a password typed into the wrong field.
    const object = user === undefined ? null : objectOf(user);
    await recordAudit(db, by, { action: 'sign-in.failed', object });
    throw wrongCredentials();
  }
  const signIn = () =>
    accounts.database.transaction(async (tx) => {
      const verified = { userId: enabled.id, passwordHash: enabled.password_hash };
      if (!(await holdVerifiedUser(tx, verified))) throw wrongCredentials();
      await requireSecondFactor(accounts, tx, { user: enabled, code: attempt.code });
      const signedIn = { ...by, userId: enabled.id, userName: enabled.name };
      await recordAudit(tx, signedIn, { action: 'sign-in', object: objectOf(enabled) });
      return startSession(accounts, tx, { user: enabled, by });
    });
  const session = await signIn().catch(async (error: unknown) => {
    if (error instanceof AppError && error.code === 'SECOND_FACTOR_WRONG') {
      await recordAudit(db, by, { action: 'sign-in.failed', object: objectOf(enabled) });
    }
    throw error;
  });
  await admission.succeeded();
  return session;
}

const wrongCredentials = (): AppError =>
  new AppError('WRONG_CREDENTIALS', 'the user name or the password is wrong');
