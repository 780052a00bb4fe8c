import type { Capability, NodeHealth, Obstacle, Placement, Waiting } from '@longshore/protocol';
import { type Counters, nextTurn, type Shares, takeTurn } from './rotation-counters.ts';

/** A node as the rotation sees it. */
export type Candidate = {
  readonly id: string;
  readonly name: string;
  readonly weight: number;
  readonly health: NodeHealth;
  /** Why it was not reached, by the last try; null when it was. */
  readonly lastErrorCode: string | null;
  readonly enabled: boolean;
  readonly draining: boolean;
  /** Its program is being stopped. */
  readonly stopping: boolean;
  /** `probe`: in quarantine, but one part may try it now. */
  readonly quarantine: 'none' | 'closed' | 'probe';
  /** What the admin allows and the node says it can do. */
  readonly capabilities: readonly Capability[];
  /** Parts that may still be sent to it. */
  readonly room: number;
  /** How long there has been no room, in milliseconds; 0 when there is. */
  readonly fullForMs: number;
  /** Temporary space that it can still promise to work, in bytes; below 0 when it has promised too much. */
  readonly tempLeftBytes: number;
  /** It has the files of the master at hand, and copies nothing to read it. */
  readonly readsInPlace: boolean;
  /** The code of why it could not be reached just now although it is online, or null. */
  readonly unreachable: string | null;
};

/** What a part asks of its node. */
export type Wanted = {
  readonly capability: Capability;
  readonly requestedNodeId: string | null;
  /** The only nodes that may work for its user; null for all. */
  readonly allowedNodes: readonly string[] | null;
  readonly tempBytes: number;
};

/** The nodes among which the turn goes round for parts that want the same. */
export type Choice = {
  readonly wanted: Wanted & { readonly avoid: readonly string[] };
  readonly shares: Shares;
  /** Whose turn it is among whom, and who is passed over why. */
  readonly reasons: Readonly<Pick<Placement, 'turnAmong' | 'passedOver'>>;
};

export type Picked =
  | {
      readonly type: 'picked';
      /** Of the node among the candidates. */
      readonly place: number;
      readonly node: Candidate;
      readonly why: Placement;
    }
  /** It is the turn of a node that is full for a moment: the rotation waits for it. */
  | { readonly type: 'later' }
  | { readonly type: 'nobody'; readonly why: Waiting };

/**
 * A full node keeps its turn this long, because short tasks free a place within milliseconds; a node that is full
 * for longer is passed over, so that it holds nobody up.
 */
export const patienceMs = 1_000;

/**
 * The nodes that may take parts of one kind. It holds until the quarantine of one of them changes, or its temporary
 * space falls below what is wanted.
 */
export function chooseNodes(wanted: Choice['wanted'], candidates: readonly Candidate[]): Choice {
  const passedOver: Placement['passedOver']['named'] = [];
  const able: number[] = [];
  for (const [place, node] of candidates.entries()) {
    const obstacle = obstacleOf(node, wanted);
    if (obstacle === null) able.push(place);
    else passedOver.push({ node: node.name, obstacle });
  }
  const at = (place: number): Candidate => candidates[place] as Candidate;
  const passOver = (place: number, kind: 'failed-before' | 'busy'): void => {
    passedOver.push({ node: at(place).name, obstacle: { kind } });
  };
  const hasFailed = (place: number): boolean => wanted.avoid.includes(at(place).id);
  const fresh = able.filter((place) => !hasFailed(place));
  // Better where it failed before than behind nodes that are full for long.
  const eligible = fresh.every((place) => isBusy(at(place))) ? able : fresh;
  if (eligible.length < able.length) {
    for (const place of able) if (hasFailed(place)) passOver(place, 'failed-before');
  }
  for (const place of eligible) if (isBusy(at(place))) passOver(place, 'busy');
  const weights = new Float64Array(eligible.map((place) => at(place).weight));
  return {
    wanted,
    shares: {
      places: new Int32Array(eligible),
      weights,
      local: new Uint8Array(eligible.map((place) => (at(place).readsInPlace ? 1 : 0))),
      totalWeight: weights.reduce((sum, weight) => sum + weight, 0),
    },
    reasons: {
      turnAmong:
        wanted.requestedNodeId === null
          ? someOf(eligible, (place) => ({ node: at(place).name, weight: at(place).weight }))
          : null,
      passedOver: someOf(passedOver, (one) => one),
    },
  };
}

/**
 * Gives the turn to one of the chosen nodes by smooth weighted round-robin. Weights 3 and 2 give the order a b a b a,
 * again and again. A node that is passed over because it is busy keeps what it has gained, within a limit, and has its
 * turns when it has places again: the shares are exact over time. When a candidate becomes busy, or is not any more, the
 * counters must be settled before the next pick.
 */
export function pickNode(choice: Choice, candidates: readonly Candidate[], counters: Counters): Picked {
  const { wanted, shares, reasons } = choice;
  const { places } = shares;
  if (places.length === 0) {
    const { capability, requestedNodeId } = wanted;
    const chosen = requestedNodeId !== null;
    return { type: 'nobody', why: { kind: 'no-node', capability, chosen, passedOver: reasons.passedOver } };
  }
  const turn = nextTurn(shares, (at) => isBusy(candidates[places[at] as number] as Candidate), counters);
  const place = places[turn.at];
  const node = place === undefined ? undefined : candidates[place];
  if (place === undefined || node === undefined)
    return { type: 'nobody', why: { kind: 'all-busy', passedOver: reasons.passedOver } };
  if (node.room <= 0) return { type: 'later' };
  takeTurn(shares, turn, counters);
  const why = { ...reasons, hasFiles: turn.hasTied, isProbe: node.quarantine === 'probe' };
  return { type: 'picked', place, node, why };
}

/** The reason is kept with every attempt: of hundreds of nodes it names a few, and counts the others. */
const mostNamed = 20;

const someOf = <Item, Named>(items: readonly Item[], nameOf: (item: Item) => Named) => ({
  named: items.slice(0, mostNamed).map(nameOf),
  more: Math.max(0, items.length - mostNamed),
});

/** No other obstacle than that it may be full. */
export const canTake = (node: Candidate, part: Wanted): boolean => obstacleOf(node, part) === null;

function obstacleOf(node: Candidate, part: Wanted): Obstacle | null {
  if (part.requestedNodeId !== null && part.requestedNodeId !== node.id) return { kind: 'not-chosen' };
  if (part.allowedNodes !== null && !part.allowedNodes.includes(node.id)) return { kind: 'not-for-group' };
  if (!node.capabilities.includes(part.capability)) return { kind: 'cannot', capability: part.capability };
  if (!node.enabled) return { kind: 'disabled' };
  if (node.draining) return { kind: 'draining' };
  if (node.stopping) return { kind: 'stopping' };
  if (node.health !== 'online') {
    return { kind: 'not-online', health: node.health, code: node.lastErrorCode };
  }
  if (node.quarantine === 'closed') return { kind: 'quarantined' };
  if (node.unreachable !== null) return { kind: 'unreachable', code: node.unreachable };
  const neededBytes = tempNeeded(node, part);
  if (neededBytes > 0 && neededBytes > node.tempLeftBytes) {
    return { kind: 'no-space', leftBytes: Math.max(0, node.tempLeftBytes), neededBytes };
  }
  return null;
}

/** The temporary space that a part takes on the node: to read an archive that is at hand takes none. */
export const tempNeeded = (
  node: { readonly readsInPlace: boolean },
  part: { capability: Capability; tempBytes: number },
): number => (node.readsInPlace && part.capability === 'extract-archive' ? 0 : part.tempBytes);

export const isBusy = (node: Candidate): boolean => node.room <= 0 && node.fullForMs > patienceMs;
