import type { Session } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { insertSession } from '../store/accounts/session-rows.ts';
import type { UserRow } from '../store/accounts/user-rows.ts';
import type { Actor } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';
import { sessionLifetimeMs } from './session-tokens.ts';
import { viewUser } from './view-user.ts';

/** Opens a session for a user who has proved who they are. */
export async function startSession(
  accounts: Accounts,
  db: Db,
  start: { user: UserRow; by: Actor },
): Promise<Session> {
  const { user, by } = start;
  const createdAtMs = accounts.clock.nowMs();
  const expiresAtMs = createdAtMs + sessionLifetimeMs;
  const id = crypto.randomUUID();
  await insertSession(db, {
    id,
    userId: user.id,
    createdAtMs,
    expiresAtMs,
    address: by.address,
    userAgent: by.userAgent,
  });
  const token = await accounts.tokens.sign({ id, userId: user.id, expiresAtMs });
  return { token, expiresAtMs, user: viewUser(user) };
}
