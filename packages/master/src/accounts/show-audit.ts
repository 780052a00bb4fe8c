import { AuditEntry, type audit, type EndpointOutput } from '@longshore/protocol';
import { type AuditFilter, type AuditRow, listAudit } from '../store/audit/audit-rows.ts';
import type { Accounts } from './accounts.ts';

export async function showAudit(
  accounts: Accounts,
  filter: AuditFilter,
): Promise<EndpointOutput<(typeof audit)['listAudit']>> {
  const { rows, next } = await listAudit(accounts.database.db, filter);
  return { entries: rows.map(viewEntry), next };
}

const viewEntry = (row: AuditRow): AuditEntry =>
  AuditEntry.parse({
    id: row.id,
    atMs: row.at_ms,
    action: row.action,
    user: row.user_id === null ? null : { id: row.user_id, name: row.user_name },
    address: row.address,
    requestId: row.request_id,
    object:
      row.object_kind === null ? null : { kind: row.object_kind, id: row.object_id, name: row.object_name },
    before: row.before === null ? null : JSON.parse(row.before),
    after: row.after === null ? null : JSON.parse(row.after),
  });
