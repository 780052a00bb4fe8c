import { AppError, type Role, type User } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { deleteApiTokensOf } from '../store/accounts/api-token-rows.ts';
import { deleteUserRow, updateUserRow } from '../store/accounts/change-user.ts';
import { loginIsTaken } from '../store/accounts/external-login-rows.ts';
import { joinGroup } from '../store/accounts/group-rows.ts';
import { deleteSessionsOf } from '../store/accounts/session-rows.ts';
import { findUser, insertUser, listUsers, type UserRow } from '../store/accounts/user-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';
import { generatePassword, requireStrongPassword } from './password-hasher.ts';
import { auditedUser, objectOf, viewUser } from './view-user.ts';

/** Throws `UNAUTHENTICATED` when the user was deleted meanwhile. */
export async function showMe(accounts: Accounts, userId: string): Promise<User> {
  const row = await findUser(accounts.database.db, userId);
  if (row === undefined) throw new AppError('UNAUTHENTICATED', 'this user does not exist any more');
  return viewUser(row);
}

export async function showUsers(accounts: Accounts): Promise<User[]> {
  return (await listUsers(accounts.database.db)).map(viewUser);
}

/**
 * Creates a user with an empty tree. Throws `USER_EXISTS` (names that differ only in case are one), `GROUP_NOT_FOUND`,
 * `WEAK_PASSWORD`.
 */
export async function createUser(
  accounts: Accounts,
  request: {
    name: string;
    role: Role;
    groupId?: string | undefined;
    password?: string | undefined;
    quotaBytes: number | null;
    by: Actor;
  },
): Promise<{ user: User; oneTimePassword: string | null }> {
  if (request.password !== undefined) requireStrongPassword(request.password);
  const oneTimePassword = request.password === undefined ? generatePassword() : null;
  const passwordHash = await accounts.passwords.hash(request.password ?? oneTimePassword ?? '');
  const id = crypto.randomUUID();
  const { groupId } = request;
  const row = await accounts.database.transaction(async (tx) => {
    const group = groupId === undefined ? 'default' : await joinGroup(tx, groupId, accounts.database.dialect);
    const inserted = await insertUser(tx, {
      id,
      name: request.name,
      role: request.role,
      group,
      password_hash: passwordHash,
      password_change_required: 1,
      quota_bytes: request.quotaBytes,
      created_at_ms: accounts.clock.nowMs(),
    });
    if (!inserted) throw new AppError('USER_EXISTS', `a user named "${request.name}" exists already`);
    const user = await requireUser(tx, id);
    const after = auditedUser(user);
    await recordAudit(tx, request.by, { action: 'user.create', object: objectOf(user), after });
    return user;
  });
  return { user: viewUser(row), oneTimePassword };
}

/**
 * Changes a user. A new password set by somebody else must be changed by its owner, and ends all sessions and API
 * tokens: it is how a stolen account is taken back. Disabling ends the sessions. Throws `USER_NOT_FOUND`,
 * `GROUP_NOT_FOUND`, `LAST_ADMIN`, `WEAK_PASSWORD`.
 */
export async function updateUser(
  accounts: Accounts,
  request: {
    id: string;
    by: Actor;
    oidcLogin?: string | null | undefined;
    role?: Role | undefined;
    groupId?: string | undefined;
    disabled?: boolean | undefined;
    quotaBytes?: number | null | undefined;
    password?: string | undefined;
  },
): Promise<User> {
  const { id, role, groupId, disabled, quotaBytes, password, oidcLogin } = request;
  if (password !== undefined) requireStrongPassword(password);
  const passwordHash = password === undefined ? undefined : await accounts.passwords.hash(password);
  const change = {
    ...(role === undefined ? {} : { role }),
    ...(groupId === undefined ? {} : { group_id: groupId }),
    ...(oidcLogin === undefined ? {} : { oidc_login: oidcLogin, oidc_issuer: null, oidc_subject: null }),
    ...(disabled === undefined ? {} : { disabled: disabled ? (1 as const) : (0 as const) }),
    ...(quotaBytes === undefined ? {} : { quota_bytes: quotaBytes }),
    ...(passwordHash === undefined
      ? {}
      : {
          password_hash: passwordHash,
          password_change_required: id === request.by.userId ? (0 as const) : (1 as const),
        }),
  };
  const row = await accounts.database.transaction(async (tx) => {
    const user = await requireUser(tx, id);
    if (Object.keys(change).length === 0) return user;
    if (groupId !== undefined) await joinGroup(tx, groupId, accounts.database.dialect);
    if (typeof oidcLogin === 'string' && (await loginIsTaken(tx, oidcLogin, id))) {
      throw new AppError('OIDC_LOGIN_TAKEN', `"${oidcLogin}" is the login of another user`);
    }
    if (!(await updateUserRow(tx, id, change))) throw await refusal(tx, user);
    if (disabled === true || passwordHash !== undefined) await deleteSessionsOf(tx, id);
    if (passwordHash !== undefined) await deleteApiTokensOf(tx, id);
    const changed = await requireUser(tx, id);
    await recordAudit(tx, request.by, {
      action: 'user.update',
      object: objectOf(user),
      before: auditedUser(user),
      after: { ...auditedUser(changed), ...(passwordHash === undefined ? {} : { password: 'set' }) },
    });
    return changed;
  });
  return viewUser(row);
}

/**
 * Deletes a user with files, tasks, sessions and tokens. Tasks that run are not waited for: with their rows goes
 * the lease of every attempt, so that what slaves still report is refused, they stop, and their blobs are purged.
 * Throws `USER_NOT_FOUND`, `LAST_ADMIN`.
 */
export async function deleteUser(accounts: Accounts, { id, by }: { id: string; by: Actor }): Promise<void> {
  await accounts.database.transaction(async (tx) => {
    const user = await requireUser(tx, id);
    if (!(await deleteUserRow(tx, id))) throw await refusal(tx, user);
    await recordAudit(tx, by, { action: 'user.delete', object: objectOf(user), before: auditedUser(user) });
  });
}

async function requireUser(tx: Db, id: string): Promise<UserRow> {
  const row = await findUser(tx, id);
  if (row === undefined) throw new AppError('USER_NOT_FOUND', `there is no user ${id}`);
  return row;
}

/** Why a change of a user that was there a moment ago touched no row. */
async function refusal(tx: Db, user: UserRow): Promise<AppError> {
  await requireUser(tx, user.id);
  return new AppError('LAST_ADMIN', `"${user.name}" is the only administrator who can sign in`);
}
