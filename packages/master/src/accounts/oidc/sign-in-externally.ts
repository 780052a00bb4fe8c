import { AppError, type Session, UserName } from '@longshore/protocol';
import type { Db } from '../../database/open-database.ts';
import { findLinkedUser, linkAwaitedUser, linkUser } from '../../store/accounts/external-login-rows.ts';
import { insertUser, type UserRow } from '../../store/accounts/user-rows.ts';
import { type Actor, recordAudit } from '../../store/audit/audit-rows.ts';
import type { Accounts } from '../accounts.ts';
import { generatePassword } from '../password-hasher.ts';
import { startSession } from '../start-session.ts';
import { auditedUser, objectOf } from '../view-user.ts';
import type { ExternalIdentity, OidcSettings } from './identity-provider.ts';

/**
 * Signs in whom the identity provider has named. The tie to a user is issuer and subject, never an address or a name
 * that somebody can give themselves; it is made once, where an administrator awaits this login or users are created by
 * themselves. A user who is there already is never taken over by a name. Throws `OIDC_NOT_ALLOWED`, `OIDC_NOT_LINKED`,
 * `USER_EXISTS`, `WRONG_CREDENTIALS` for a disabled user.
 */
export async function signInExternally(accounts: Accounts, request: Request): Promise<Session> {
  try {
    return await signIn(accounts, request);
  } catch (error) {
    if (error instanceof AppError) {
      const { issuer, subject, login } = request.identity;
      await recordAudit(accounts.database.db, request.by, {
        action: 'sign-in.failed',
        object: null,
        after: { issuer, subject, login, reason: error.code },
      });
    }
    throw error;
  }
}

type Request = { identity: ExternalIdentity; settings: OidcSettings; by: Actor };

async function signIn(accounts: Accounts, request: Request): Promise<Session> {
  const { identity, settings, by } = request;
  const { allowedGroups } = settings;
  if (allowedGroups.length > 0 && !identity.groups.some((group) => allowedGroups.includes(group))) {
    throw new AppError('OIDC_NOT_ALLOWED', `${describe(identity)} is in none of the groups that may sign in`);
  }
  const passwordHash = settings.autoCreate ? await accounts.passwords.hash(generatePassword()) : null;
  return accounts.database.transaction(async (tx) => {
    const user =
      (await findLinkedUser(tx, identity)) ??
      (await linkAwaitedUser(tx, identity)) ??
      (await createUser(tx, { ...request, passwordHash, createdAtMs: accounts.clock.nowMs() }));
    if (user.disabled === 1) throw new AppError('WRONG_CREDENTIALS', `the user "${user.name}" is disabled`);
    const signedIn = { ...by, userId: user.id, userName: user.name };
    await recordAudit(tx, signedIn, {
      action: 'sign-in',
      object: objectOf(user),
      after: { issuer: identity.issuer, subject: identity.subject },
    });
    return startSession(accounts, tx, { user, by });
  });
}

async function createUser(
  tx: Db,
  request: { identity: ExternalIdentity; passwordHash: string | null; createdAtMs: number; by: Actor },
): Promise<UserRow> {
  const { identity, passwordHash, createdAtMs, by } = request;
  if (passwordHash === null) {
    throw new AppError('OIDC_NOT_LINKED', `${describe(identity)} belongs to no user here`);
  }
  const name = UserName.safeParse(identity.login);
  if (!name.success) {
    throw new AppError('OIDC_NOT_LINKED', `${describe(identity)} cannot be the name of a user`);
  }
  const id = crypto.randomUUID();
  const inserted = await insertUser(tx, {
    id,
    name: name.data,
    role: 'user',
    group: 'default',
    password_hash: passwordHash,
    password_change_required: 0,
    quota_bytes: null,
    created_at_ms: createdAtMs,
  });
  if (!inserted)
    throw new AppError('USER_EXISTS', `a user named "${name.data}" exists already, and is not this one`);
  const user = await linkUser(tx, { userId: id, identity });
  await recordAudit(tx, by, { action: 'user.create', object: objectOf(user), after: auditedUser(user) });
  return user;
}

const describe = ({ login, subject, issuer }: ExternalIdentity): string =>
  `"${login ?? subject}" of ${issuer}`;
