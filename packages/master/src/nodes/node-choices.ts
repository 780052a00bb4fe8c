import { type Capability, type EndpointOutput, NodeChoice, type nodes, type Role } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { parseAllowedNodes, requireGroupOf } from '../store/accounts/group-rows.ts';
import { listNodes, type NodeRow } from '../store/nodes/node-rows.ts';
import { nodeHealth } from './node-health.ts';

/** The nodes that a user may name for a task. What else is known of a node is for administrators. */
export async function showNodeChoices(
  deps: { db: Db; heartbeatMs: number },
  caller: { userId: string; role: Role },
): Promise<EndpointOutput<(typeof nodes)['listNodeChoices']>> {
  const group = await requireGroupOf(deps.db, caller.userId);
  if (caller.role !== 'admin' && group.may_choose_node === 0) return { mayChoose: false, nodes: [] };
  const allowed = parseAllowedNodes(group.allowed_nodes);
  const rows = (await listNodes(deps.db)).filter(
    (row) => row.enabled === 1 && (allowed === null || allowed.includes(row.id)),
  );
  return { mayChoose: true, nodes: rows.map((row) => viewChoice(row, deps.heartbeatMs)) };
}

function viewChoice(row: NodeRow, heartbeatMs: number): NodeChoice {
  const health = nodeHealth(row.heartbeat_age_ms, heartbeatMs);
  const held = row.draining === 1 ? 'draining' : row.quarantined_at_ms === null ? health : 'quarantined';
  return NodeChoice.parse({
    name: row.name,
    capabilities: JSON.parse(row.capabilities) as Capability[],
    status: health === 'online' ? held : health,
  });
}
