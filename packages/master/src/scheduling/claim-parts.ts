import type { Capability } from '@longshore/protocol';
import type { Database, Db } from '../database/open-database.ts';
import type { TaskMeter } from '../metrics/task-meter.ts';
import { claimProbe } from '../store/nodes/breaker-rows.ts';
import {
  explainWaiting,
  type LaneLook,
  type Lease,
  leaseParts,
  lockRotation,
  oldestQueued,
  type QueuedPart,
  queuedLanes,
  saveRotation,
} from '../store/parts/claims.ts';
import {
  explainHeldBack,
  type PlacementLimits,
  readPlacementLimits,
} from '../store/parts/placement-limits.ts';
import type { ExplainGate } from './explain-gate.ts';
import { fairOrder } from './fair-order.ts';
import {
  type Candidate,
  type Choice,
  canTake,
  chooseNodes,
  isBusy,
  pickNode,
  tempNeeded,
} from './pick-node.ts';
import { type CandidateDeps, readCandidates } from './read-candidates.ts';
import { type Counters, createCounters, settleCounters } from './rotation-counters.ts';

/** How many parts one transaction places at most. */
const batchSize = 200;

/** How often one pass looks behind what it cannot place. */
const mostLooks = 5;

export type Claimed = {
  readonly leased: number;
  /** The batch was full: there may be more to place at once. */
  readonly more: boolean;
};

type ClaimDeps = CandidateDeps & {
  database: Database;
  leaseMs: number;
  explainGate: ExplainGate;
  meter: Pick<TaskMeter, 'waited'>;
};

/**
 * Places queued parts on nodes in one transaction: fair order over users, then the rotation of the capability,
 * whose counters live in the database, so that several masters share one rotation and a restart keeps it. Of a
 * backlog only as much is looked at as the nodes have places for.
 */
export async function claimParts(deps: ClaimDeps): Promise<Claimed> {
  const { database } = deps;
  const { dialect } = database;
  const leased = await database.transaction(async (tx) => {
    const lanes = await queuedLanes(tx);
    if (lanes.length === 0) return [];
    const { candidates, heldByUser } = await readCandidates(tx, deps);
    const places = (): number => candidates.reduce((sum, node) => sum + Math.max(0, node.room), 0);
    // One of each lane at least, to tell why it waits.
    let limit = Math.min(batchSize, Math.max(1, places()));
    let parts = await oldestQueued(tx, { dialect, lanes: lanes.map((lane) => ({ lane })), limit });
    const userIds = [...new Set(parts.map((part) => part.userId))];
    const limits = await readPlacementLimits(tx, { dialect, userIds });
    const rotations = await lockRotations(tx, { dialect, parts, candidates });
    const blocked = new Set<string>();
    const placed: QueuedPart[] = [];
    for (let look = 1; parts.length > 0; look += 1) {
      const inOrder = fairOrder(parts, heldByUser);
      const some = await placeParts(tx, deps, {
        parts: inOrder,
        most: batchSize - placed.length,
        candidates,
        rotations,
        limits,
        blocked,
      });
      placed.push(...some);
      for (const { userId } of some) heldByUser.set(userId, (heldByUser.get(userId) ?? 0) + 1);
      const behind = look < mostLooks ? lookBehind({ parts, limit, limits, blocked }) : [];
      limit = Math.min(batchSize - placed.length, places());
      if (limit <= 0) break;
      parts = await oldestQueued(tx, { dialect, lanes: behind, limit });
    }
    for (const [capability, { counters, before, picks }] of rotations) {
      if (picks.size === 0) continue;
      const values = settleCounters(counters);
      const changed = [...candidates.entries()].filter(
        ([place, { id }]) => values[place] !== (before.get(id) ?? 0) || picks.has(id),
      );
      const rotation = new Map(changed.map(([place, { id }]) => [id, values[place] ?? 0]));
      await saveRotation(tx, { capability, rotation, picks });
    }
    return placed;
  });
  // What was given back and is leased again has waited for something else.
  for (const part of leased) if (part.attempt === 0) deps.meter.waited(part);
  return { leased: leased.length, more: leased.length === batchSize };
}

type CapabilityRotation = {
  readonly counters: Counters;
  /** As they were stored, by node. */
  readonly before: ReadonlyMap<string, number>;
  readonly picks: Map<string, number>;
};

/** In one order in all masters, so that they wait for each other instead of getting stuck. */
async function lockRotations(
  tx: Db,
  options: {
    dialect: Database['dialect'];
    parts: readonly QueuedPart[];
    candidates: readonly Candidate[];
  },
): Promise<Map<Capability, CapabilityRotation>> {
  const { dialect, parts, candidates } = options;
  const rotations = new Map<Capability, CapabilityRotation>();
  for (const capability of [...new Set(parts.map((part) => part.capability))].sort()) {
    const before = await lockRotation(tx, { dialect, capability });
    const counters = createCounters(new Float64Array(candidates.map(({ id }) => before.get(id) ?? 0)));
    rotations.set(capability, { counters, before, picks: new Map() });
  }
  return rotations;
}

async function placeParts(
  tx: Db,
  deps: ClaimDeps,
  placing: {
    parts: readonly QueuedPart[];
    most: number;
    /** Changed in place as they take parts. */
    candidates: Candidate[];
    rotations: ReadonlyMap<Capability, CapabilityRotation>;
    limits: ReadonlyMap<string, PlacementLimits>;
    /** What no node can take in this pass; added to. */
    blocked: Set<string>;
  },
): Promise<QueuedPart[]> {
  const { parts, most, candidates, rotations, limits, blocked } = placing;
  const waitsForTurn = new Set<string>();
  const choices = new Map<string, Choice>();
  const heldBack = new Map<string, number>();
  const leased: QueuedPart[] = [];
  const leases: Lease[] = [];
  for (const part of parts) {
    const limit = limits.get(part.userId);
    const allowedNodes = limit?.allowedNodes ?? null;
    const restrictedGroupId = restrictedGroup(limit);
    const key = placementKey(part, limit);
    // What may take a part does not depend on who failed it, but whose turn is waited for does.
    const turnKey = `${key} ${part.avoid.toSorted().join()}`;
    const rotation = rotations.get(part.capability);
    if (rotation === undefined || blocked.has(key) || waitsForTurn.has(turnKey)) continue;
    if (leased.length === most) break;
    if (limit !== undefined && isHeldBack(part, limit)) {
      heldBack.set(part.userId, limit.maxRunningTasks);
      continue;
    }
    const choice = choices.get(turnKey) ?? chooseNodes({ ...part, allowedNodes }, candidates);
    choices.set(turnKey, choice);
    const pick = pickNode(choice, candidates, rotation.counters);
    if (pick.type !== 'picked') {
      if (pick.type === 'nobody') blocked.add(key);
      else waitsForTurn.add(turnKey);
      const waiting = { ...part, restrictedGroupId };
      if (pick.type === 'nobody' && deps.explainGate.opens(key)) await explainWaiting(tx, waiting, pick.why);
      continue;
    }
    const { node, place, why } = pick;
    if (node.quarantine === 'probe') {
      candidates[place] = { ...node, quarantine: 'closed' };
      choices.clear();
      if (!(await claimProbe(tx, { nodeId: node.id, partId: part.id }))) continue;
    }
    const attempt = part.attempt + 1;
    leases.push({ partId: part.id, attempt, nodeId: node.id, nodeName: node.name, why });
    const room = node.room - 1;
    const fullForMs = deps.presence.fullForMs(node.id, room);
    const tempBytes = tempNeeded(node, part);
    const tempLeftBytes = node.tempLeftBytes - tempBytes;
    const changed = { ...(candidates[place] ?? node), room, fullForMs, tempLeftBytes };
    candidates[place] = changed;
    if (isBusy(changed)) for (const one of rotations.values()) settleCounters(one.counters);
    if (tempBytes > 0) {
      for (const [same, { wanted }] of choices) if (!canTake(changed, wanted)) choices.delete(same);
    }
    rotation.picks.set(node.id, (rotation.picks.get(node.id) ?? 0) + 1);
    leased.push(part);
    limit?.runningTasks.add(part.taskId);
  }
  await leaseParts(tx, leases, deps.leaseMs);
  for (const [userId, maxRunningTasks] of heldBack) {
    if (deps.explainGate.opens(`held back ${userId}`)) await explainHeldBack(tx, userId, maxRunningTasks);
  }
  return leased;
}

const restrictedGroup = (limit: PlacementLimits | undefined): string | null =>
  limit === undefined || limit.allowedNodes === null ? null : limit.groupId;

const placementKey = (part: QueuedPart, limit: PlacementLimits | undefined): string =>
  `${part.capability} ${part.requestedNodeId ?? ''} ${restrictedGroup(limit) ?? ''} ${part.tempBytes}`;

/**
 * What to look at behind parts that cannot be placed, in lanes that have more than was looked at: parts that need less
 * temporary space than what found none, and of a user with enough tasks the parts of these.
 */
function lookBehind(seen: {
  parts: readonly QueuedPart[];
  /** How many parts of each lane were looked at. */
  limit: number;
  limits: ReadonlyMap<string, PlacementLimits>;
  blocked: ReadonlySet<string>;
}): LaneLook[] {
  const looks: LaneLook[] = [];
  for (const [lane, parts] of Map.groupBy(seen.parts, (part) => part.lane)) {
    if (parts.length < seen.limit) continue;
    const limit = seen.limits.get(parts[0]?.userId ?? '');
    const stuck = parts.filter((part) => seen.blocked.has(placementKey(part, limit)));
    const tempBelow = Math.min(...stuck.map((part) => part.tempBytes));
    const isLimited = limit !== undefined && isFull(limit);
    const taskIds = isLimited ? [...limit.runningTasks] : [];
    if (stuck.length === 0 ? taskIds.length === 0 : tempBelow === 0) continue;
    looks.push({
      lane,
      ...(stuck.length === 0 ? {} : { tempBelow }),
      ...(isLimited ? { taskIds } : {}),
    });
  }
  return looks;
}

/** The task would be one more at once than the group of its user allows. */
const isHeldBack = (
  part: QueuedPart,
  limit: PlacementLimits,
): limit is PlacementLimits & { maxRunningTasks: number } =>
  isFull(limit) && !limit.runningTasks.has(part.taskId);

const isFull = (limit: PlacementLimits): limit is PlacementLimits & { maxRunningTasks: number } =>
  limit.maxRunningTasks !== null && limit.runningTasks.size >= limit.maxRunningTasks;
