import type { Capability } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { nodeHealth } from '../nodes/node-health.ts';
import { findAllowedNodes } from '../store/accounts/group-rows.ts';
import { listNodes } from '../store/nodes/node-rows.ts';
import type { ReportedPart } from '../store/parts/report-rows.ts';

/** Another node than the one that holds the part, and than those that failed it before, could take it over now. */
export async function hasAlternative(db: Db, part: ReportedPart, heartbeatMs: number): Promise<boolean> {
  if (part.requested_node_id !== null) return false;
  const tried = new Set([part.node_id, ...(JSON.parse(part.avoid_nodes) as string[])]);
  const allowed = await findAllowedNodes(db, part.user_id);
  const rows = await listNodes(db);
  return rows.some(
    (row) =>
      !tried.has(row.id) &&
      (allowed === null || allowed.includes(row.id)) &&
      row.enabled === 1 &&
      row.draining === 0 &&
      row.quarantined_at_ms === null &&
      nodeHealth(row.heartbeat_age_ms, heartbeatMs) === 'online' &&
      (JSON.parse(row.capabilities) as Capability[]).includes(part.capability),
  );
}
