import { AppError, OwnSession } from '@longshore/protocol';
import { deleteOtherSessions, deleteSession, listSessions } from '../store/accounts/session-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';

type Caller = { userId: string; sessionId: string | null };

/** Most recently used first. */
export async function showSessions(accounts: Accounts, caller: Caller): Promise<OwnSession[]> {
  const rows = await listSessions(accounts.database.db, {
    userId: caller.userId,
    nowMs: accounts.clock.nowMs(),
  });
  return rows.map((row) =>
    OwnSession.parse({
      id: row.id,
      createdAtMs: row.created_at_ms,
      lastUsedAtMs: row.last_used_at_ms,
      expiresAtMs: row.expires_at_ms,
      address: row.address,
      userAgent: row.user_agent,
      current: row.id === caller.sessionId,
    }),
  );
}

/** Throws `SESSION_NOT_FOUND`, for a session of somebody else too. */
export async function endSession(
  accounts: Accounts,
  session: { id: string; userId: string; by: Actor },
): Promise<void> {
  const { id } = session;
  await accounts.database.transaction(async (tx) => {
    const ended = await deleteSession(tx, session);
    if (ended === undefined) throw new AppError('SESSION_NOT_FOUND', `you have no session ${id}`);
    const object = { kind: 'session' as const, id, name: ended.userAgent.slice(0, 64) };
    await recordAudit(tx, session.by, { action: 'session.end', object, before: { address: ended.address } });
  });
}

/** All but the one that asks; all of them when an API token asks. Answers how many. */
export const endOtherSessions = (accounts: Accounts, caller: Caller & { by: Actor }): Promise<number> =>
  accounts.database.transaction(async (tx) => {
    const ended = await deleteOtherSessions(tx, caller);
    await recordAudit(tx, caller.by, { action: 'session.end-others', object: null, after: { ended } });
    return ended;
  });
