import { createHash, randomBytes } from 'node:crypto';
import { ApiToken, AppError, type TokenAccess } from '@longshore/protocol';
import {
  type ApiTokenRow,
  deleteApiToken,
  insertApiToken,
  listApiTokens,
} from '../store/accounts/api-token-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';

const prefix = 'lst_';

export const isApiToken = (credential: string): boolean => credential.startsWith(prefix);

/** What is stored of a token: 256 random bits need no slow hash. */
export const hashApiToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The token itself is answered here and never again. */
export async function createApiToken(
  accounts: Accounts,
  request: { userId: string; name: string; access: TokenAccess; expiresInSeconds: number | null; by: Actor },
): Promise<{ token: string; info: ApiToken }> {
  const createdAtMs = accounts.clock.nowMs();
  const token = `${prefix}${randomBytes(32).toString('base64url')}`;
  const row: ApiTokenRow = {
    id: crypto.randomUUID(),
    user_id: request.userId,
    name: request.name,
    token_hash: hashApiToken(token),
    access: request.access,
    created_at_ms: createdAtMs,
    last_used_at_ms: null,
    expires_at_ms: request.expiresInSeconds === null ? null : createdAtMs + request.expiresInSeconds * 1000,
  };
  await accounts.database.transaction(async (tx) => {
    await insertApiToken(tx, row);
    await recordAudit(tx, request.by, {
      action: 'token.create',
      object: { kind: 'token', id: row.id, name: row.name },
      after: { access: row.access, expiresAtMs: row.expires_at_ms },
    });
  });
  return { token, info: viewToken(row) };
}

export async function showApiTokens(accounts: Accounts, userId: string): Promise<ApiToken[]> {
  return (await listApiTokens(accounts.database.db, userId)).map(viewToken);
}

/** Throws `TOKEN_NOT_FOUND`, for a token of somebody else too. */
export async function removeApiToken(
  accounts: Accounts,
  token: { id: string; userId: string; by: Actor },
): Promise<void> {
  await accounts.database.transaction(async (tx) => {
    const name = await deleteApiToken(tx, token);
    if (name === undefined) throw new AppError('TOKEN_NOT_FOUND', `you have no API token ${token.id}`);
    await recordAudit(tx, token.by, {
      action: 'token.delete',
      object: { kind: 'token', id: token.id, name },
    });
  });
}

const viewToken = (row: ApiTokenRow): ApiToken =>
  ApiToken.parse({
    id: row.id,
    name: row.name,
    access: row.access,
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
    expiresAtMs: row.expires_at_ms,
  });
