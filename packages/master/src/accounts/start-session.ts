import type { Session } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { insertSession } from '../store/accounts/session-rows.ts';
import type { UserRow } from '../store/accounts/user-rows.ts';
import type { Accounts } from './accounts.ts';
import { sessionLifetimeMs } from './session-tokens.ts';
import { viewUser } from './view-user.ts';

/** Opens a session for a user whose password was verified. */
export async function startSession(accounts: Accounts, db: Db, user: UserRow): Promise<Session> {
  const createdAtMs = accounts.clock.nowMs();
  const expiresAtMs = createdAtMs + sessionLifetimeMs;
  const id = crypto.randomUUID();
  await insertSession(db, { id, userId: user.id, createdAtMs, expiresAtMs });
  const token = await accounts.tokens.sign({ id, userId: user.id, expiresAtMs });
  return { token, expiresAtMs, user: viewUser(user) };
}
