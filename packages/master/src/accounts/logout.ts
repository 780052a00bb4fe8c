import { AppError } from '@longshore/protocol';
import { deleteApiTokensOf } from '../store/accounts/api-token-rows.ts';
import { deleteSession, deleteSessionsOf } from '../store/accounts/session-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';

/** Ends the session, or with `everywhere` all sessions and API tokens of the user. */
export async function logout(
  accounts: Accounts,
  request: { userId: string; sessionId: string | null; everywhere: boolean; by: Actor },
): Promise<void> {
  const { userId, sessionId, by } = request;
  if (request.everywhere) {
    await accounts.database.transaction(async (tx) => {
      await deleteSessionsOf(tx, userId);
      await deleteApiTokensOf(tx, userId);
      await recordAudit(tx, by, { action: 'sign-out.everywhere', object: null });
    });
    return;
  }
  if (sessionId === null) {
    throw new AppError('BAD_REQUEST', 'an API token has no session to end; delete the token instead');
  }
  await deleteSession(accounts.database.db, { id: sessionId, userId });
}
