import type { Capability, NodeVitals } from '@longshore/protocol';
import type { Database, Db } from '../database/open-database.ts';
import { nodeHealth } from '../nodes/node-health.ts';
import { claimProbe } from '../store/nodes/breaker-rows.ts';
import { countHeldParts } from '../store/nodes/heartbeat-rows.ts';
import { listNodes, type NodeRow } from '../store/nodes/node-rows.ts';
import {
  explainWaiting,
  leasePart,
  lockRotation,
  type PlacementKey,
  type QueuedPart,
  queuedPartsInFairOrder,
  saveRotation,
} from '../store/parts/claims.ts';
import type { ExplainGate } from './explain-gate.ts';
import type { NodePresence } from './node-presence.ts';
import { type Candidate, pickNode } from './pick-node.ts';

/** How many parts one transaction places at most. */
const batchSize = 200;

export type Claimed = {
  readonly leased: number;
  /** The batch was full: there may be more to place at once. */
  readonly more: boolean;
};

/**
 * Places queued parts on nodes in one transaction: fair order over users, then the rotation of the capability,
 * whose counters live in the database, so that several masters share one rotation and a restart keeps it.
 */
export async function claimParts(deps: {
  database: Database;
  presence: NodePresence;
  heartbeatMs: number;
  leaseMs: number;
  explainGate: ExplainGate;
}): Promise<Claimed> {
  const { database } = deps;
  const { dialect } = database;
  return database.transaction(async (tx) => {
    const blocked: PlacementKey[] = [];
    let nodes: PlacedNodes | undefined;
    let leased = 0;
    for (;;) {
      const parts = await queuedPartsInFairOrder(tx, { dialect, limit: batchSize, blocked });
      if (parts.length === 0) return { leased, more: false };
      nodes ??= { rows: await listNodes(tx), held: await countHeldParts(tx) };
      const blockedBefore = blocked.length;
      for (const [capability, group] of Map.groupBy(parts, (part) => part.capability)) {
        const rotation = await lockRotation(tx, { dialect, capability });
        leased += await placeParts(tx, { ...deps, capability, parts: group, rotation, nodes, blocked });
      }
      // What was blocked may have kept others out of the batch: look again without it.
      const more = parts.length === batchSize;
      if (!more || blocked.length === blockedBefore || leased >= batchSize) {
        return { leased, more: more && leased > 0 };
      }
    }
  });
}

type PlacedNodes = { readonly rows: readonly NodeRow[]; readonly held: Map<string, number> };

async function placeParts(
  tx: Db,
  context: {
    capability: Capability;
    parts: readonly QueuedPart[];
    rotation: ReadonlyMap<string, number>;
    nodes: PlacedNodes;
    /** Grows by the keys that turn out to have no node. */
    blocked: PlacementKey[];
    presence: NodePresence;
    heartbeatMs: number;
    leaseMs: number;
    explainGate: ExplainGate;
  },
): Promise<number> {
  const { capability, nodes, blocked, leaseMs } = context;
  const { held } = nodes;
  const picks = new Map<string, number>();
  const probed = new Set<string>();
  let rotation = context.rotation;
  for (const part of context.parts) {
    if (blocked.some((key) => key.capability === capability && key.requestedNodeId === part.requestedNodeId))
      continue;
    const candidates = nodes.rows.map((row) => {
      const candidate = toCandidate(row, held, context.presence, context.heartbeatMs);
      return probed.has(row.id) ? { ...candidate, quarantine: 'closed' as const } : candidate;
    });
    const pick = pickNode(part, candidates, rotation);
    if (pick.type !== 'picked') {
      blocked.push(part);
      const key = `${capability} ${part.requestedNodeId ?? ''}`;
      if (pick.type === 'nobody' && context.explainGate.opens(key))
        await explainWaiting(tx, part, pick.reason);
      continue;
    }
    const { node, reason } = pick;
    const attempt = part.attempt + 1;
    const lease = { partId: part.id, attempt, nodeId: node.id, nodeName: node.name, reason, leaseMs };
    if (node.quarantine === 'probe') {
      probed.add(node.id);
      if (!(await claimProbe(tx, { nodeId: node.id, partId: part.id }))) continue;
    }
    if (!(await leasePart(tx, lease))) continue;
    rotation = pick.rotation;
    held.set(node.id, (held.get(node.id) ?? 0) + 1);
    picks.set(node.id, (picks.get(node.id) ?? 0) + 1);
  }
  if (picks.size > 0) await saveRotation(tx, { capability, rotation, picks });
  return [...picks.values()].reduce((sum, count) => sum + count, 0);
}

function toCandidate(
  row: NodeRow,
  held: ReadonlyMap<string, number>,
  presence: NodePresence,
  heartbeatMs: number,
): Candidate {
  const vitals = row.vitals === null ? null : (JSON.parse(row.vitals) as NodeVitals);
  const allowed = JSON.parse(row.capabilities) as Capability[];
  const room = placesOf(vitals?.workers ?? 0) - (held.get(row.id) ?? 0);
  return {
    id: row.id,
    name: row.name,
    weight: row.weight,
    health: nodeHealth(row.heartbeat_age_ms, heartbeatMs),
    enabled: row.enabled === 1,
    draining: row.draining === 1,
    quarantine: quarantineOf(row, held.get(row.id) ?? 0),
    capabilities: allowed.filter((capability) => vitals?.capabilities.includes(capability)),
    room,
    fullForMs: presence.fullForMs(row.id, room),
    unreachable: presence.unreachable(row.id),
  };
}

/** A quarantined node is tried with one part at a time, when nothing it holds can still show that it is well. */
function quarantineOf(row: NodeRow, held: number): Candidate['quarantine'] {
  if (row.quarantined_at_ms === null) return 'none';
  return held === 0 && (row.probe_in_ms ?? 0) <= 0 ? 'probe' : 'closed';
}

/**
 * Parts a node may hold: one per worker and half as many on the way, so that no worker waits for the next part,
 * and what a slow node has not started is not tied to it.
 */
const placesOf = (workers: number): number => workers + Math.ceil(workers / 2);
