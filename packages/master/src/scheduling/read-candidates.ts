import { Capability, type ErrorInfo, type NodeVitals } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { nodeHealth } from '../nodes/node-health.ts';
import { listNodes, mayDo, type NodeRow } from '../store/nodes/node-rows.ts';
import { countHeld, type Held } from '../store/parts/claims.ts';
import type { NodePresence } from './node-presence.ts';
import { type Candidate, tempNeeded } from './pick-node.ts';

export type CandidateDeps = {
  presence: NodePresence;
  heartbeatMs: number;
  /** The store that files are in. */
  storeId: string;
};

/** The nodes as the rotation sees them now, by name, and how many parts are held of each user. */
export async function readCandidates(
  db: Db,
  deps: CandidateDeps,
): Promise<{ candidates: Candidate[]; heldByUser: Map<string, number> }> {
  const [held, rows] = await Promise.all([countHeld(db), listNodes(db)]);
  const candidates = rows.map((row) => toCandidate(deps, row, held.byNode.get(row.id) ?? []));
  return { candidates, heldByUser: held.byUser };
}

function toCandidate(deps: CandidateDeps, row: NodeRow, held: readonly Held[]): Candidate {
  const { presence, heartbeatMs, storeId } = deps;
  const vitals = row.vitals === null ? null : (JSON.parse(row.vitals) as NodeVitals);
  const heldParts = held.reduce((sum, { parts }) => sum + parts, 0);
  const room = placesOf(vitals?.workers ?? 0) - heldParts;
  const readsInPlace = vitals?.stores?.some(({ name }) => name === storeId) ?? row.type === 'embedded';
  return {
    id: row.id,
    name: row.name,
    weight: row.weight,
    health: nodeHealth(row.heartbeat_age_ms, heartbeatMs),
    enabled: row.enabled === 1,
    draining: row.draining === 1,
    stopping: vitals?.stopping ?? false,
    quarantine: quarantineOf(row, heldParts),
    // What one that never called can do is not known; its health keeps it from work, and is the better reason.
    capabilities: (vitals?.capabilities ?? Capability.options).filter((one) => mayDo(row, one)),
    lastErrorCode: row.last_error === null ? null : (JSON.parse(row.last_error) as ErrorInfo).code,
    room,
    fullForMs: presence.fullForMs(row.id, room),
    tempLeftBytes: tempLeft(
      vitals,
      held.reduce((sum, some) => sum + tempNeeded({ readsInPlace }, some), 0),
    ),
    readsInPlace,
    unreachable: presence.unreachable(row.id),
  };
}

/**
 * What the node may still promise. It tells what it has reserved for whoever gave it work; what it holds of ours may
 * not have begun, and need as much.
 */
function tempLeft(vitals: NodeVitals | null, heldBytes: number): number {
  const temp = vitals?.temp;
  if (temp === undefined || temp === null) return 0;
  const { freeBytes, reservedBytes = 0, writtenBytes = 0, minFreeBytes = 0 } = temp;
  return freeBytes + writtenBytes - minFreeBytes - Math.max(reservedBytes, heldBytes);
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
