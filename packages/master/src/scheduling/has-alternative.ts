import type { Db } from '../database/open-database.ts';
import { findAllowedNodes } from '../store/accounts/group-rows.ts';
import type { ReportedPart } from '../store/parts/report-rows.ts';
import { canTake } from './pick-node.ts';
import { type CandidateDeps, readCandidates } from './read-candidates.ts';

/** Another node than the one that holds the part, and than those that failed it before, could take it over now. */
export async function hasAlternative(db: Db, deps: CandidateDeps, part: ReportedPart): Promise<boolean> {
  if (part.requested_node_id !== null) return false;
  const tried = new Set([part.node_id, ...(JSON.parse(part.avoid_nodes) as string[])]);
  const wanted = {
    capability: part.capability,
    requestedNodeId: null,
    allowedNodes: await findAllowedNodes(db, part.user_id),
    tempBytes: part.temp_bytes,
  };
  const { candidates } = await readCandidates(db, deps);
  return candidates.some((node) => !tried.has(node.id) && canTake(node, wanted));
}
