import type { AuditAction } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { findUser } from '../store/accounts/user-rows.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';

/** Records what an administrator does to a task of somebody else. What people do to their own is in the task itself. */
export async function recordForeignTask(
  tx: Db,
  by: Actor,
  done: { action: AuditAction; task: { id: string; title: string; user_id: string } },
): Promise<void> {
  const { action, task } = done;
  if (by.userId === task.user_id) return;
  const owner = await findUser(tx, task.user_id);
  await recordAudit(tx, by, {
    action,
    object: { kind: 'task', id: task.id, name: task.title },
    after: { owner: owner?.name ?? null },
  });
}
