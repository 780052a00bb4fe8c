import { AppError, type Role, type TokenAccess, UserId } from '@longshore/protocol';
import { findApiToken, touchApiToken } from '../store/accounts/api-token-rows.ts';
import { type CredentialRow, findSession, touchSession } from '../store/accounts/session-rows.ts';
import type { Accounts } from './accounts.ts';
import { hashApiToken, isApiToken } from './api-tokens.ts';

const touchEveryMs = 60_000;

/** The user behind a credential. */
export type Identity = {
  readonly userId: UserId;
  readonly userName: string;
  readonly role: Role;
  /** Null for an API token. */
  readonly sessionId: string | null;
  /** `read` for an API token that may change nothing. */
  readonly access: TokenAccess;
};

/**
 * Who a session token or API token stands for at this moment: the database is asked each time, so that a logout, a
 * new role or a disabled account is in force at once. Throws `UNAUTHENTICATED`, `TOKEN_EXPIRED`.
 */
export async function authenticate(accounts: Accounts, credential: string): Promise<Identity> {
  return isApiToken(credential) ? byApiToken(accounts, credential) : bySession(accounts, credential);
}

async function bySession(accounts: Accounts, token: string): Promise<Identity> {
  const session = await accounts.tokens.verify(token);
  const row = await findSession(accounts.database.db, session);
  if (row === undefined) throw new AppError('UNAUTHENTICATED', 'this session has ended');
  const nowMs = accounts.clock.nowMs();
  const identity = toIdentity(row, { nowMs, sessionId: row.id, access: 'full' });
  const notSinceMs = nowMs - touchEveryMs;
  if (row.lastUsedAtMs <= notSinceMs) {
    await ifWritable(accounts, touchSession(accounts.database.db, { id: row.id, atMs: nowMs, notSinceMs }));
  }
  return identity;
}

async function byApiToken(accounts: Accounts, token: string): Promise<Identity> {
  const { db } = accounts.database;
  const row = await findApiToken(db, hashApiToken(token));
  if (row === undefined) throw new AppError('UNAUTHENTICATED', 'this API token is not known, or was deleted');
  const nowMs = accounts.clock.nowMs();
  const identity = toIdentity(row, { nowMs, sessionId: null, access: row.access });
  const notSinceMs = nowMs - touchEveryMs;
  if (row.lastUsedAtMs === null || row.lastUsedAtMs <= notSinceMs) {
    await ifWritable(accounts, touchApiToken(db, { id: row.id, atMs: nowMs, notSinceMs }));
  }
  return identity;
}

/** Whoever only reads is served while nothing can be written: the next request notes that the credential is used. */
async function ifWritable({ database }: Accounts, touch: Promise<void>): Promise<void> {
  await touch.catch((error: unknown) => {
    if (!database.isUnavailable(error)) throw error;
  });
}

function toIdentity(
  row: CredentialRow,
  at: { nowMs: number; sessionId: string | null; access: TokenAccess },
): Identity {
  if (row.expiresAtMs !== null && row.expiresAtMs <= at.nowMs) {
    throw new AppError(
      'TOKEN_EXPIRED',
      at.sessionId === null ? 'this API token has expired' : 'this session has expired',
    );
  }
  if (row.disabled === 1) throw new AppError('UNAUTHENTICATED', `the user "${row.userName}" is disabled`);
  return {
    userId: UserId.parse(row.userId),
    userName: row.userName,
    role: row.role,
    sessionId: at.sessionId,
    access: at.access,
  };
}
