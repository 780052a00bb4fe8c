import type { Capability, NodeHealth } from '@longshore/protocol';
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
  /** Why it could not be reached just now although it is online, or null. */
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
  readonly reasons: { readonly turn: string; readonly passedOver: string };
};

export type Pick =
  | {
      readonly type: 'picked';
      /** Of the node among the candidates. */
      readonly place: number;
      readonly node: Candidate;
      readonly reason: string;
    }
  /** It is the turn of a node that is full for a moment: the rotation waits for it. */
  | { readonly type: 'later'; readonly reason: string }
  | { readonly type: 'nobody'; readonly reason: string };

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
  const passedOver: [Candidate, string][] = [];
  const able: number[] = [];
  for (const [place, node] of candidates.entries()) {
    const obstacle = obstacleOf(node, wanted);
    if (obstacle === null) able.push(place);
    else passedOver.push([node, obstacle]);
  }
  const at = (place: number): Candidate => candidates[place] as Candidate;
  const hasFailed = (place: number): boolean => wanted.avoid.includes(at(place).id);
  const fresh = able.filter((place) => !hasFailed(place));
  // Better where it failed before than behind nodes that are full for long.
  const eligible = fresh.every((place) => isBusy(at(place))) ? able : fresh;
  if (eligible.length < able.length) {
    for (const place of able) if (hasFailed(place)) passedOver.push([at(place), 'failed this before']);
  }
  for (const place of eligible) if (isBusy(at(place))) passedOver.push([at(place), 'busy']);
  const weights = new Float64Array(eligible.map((place) => at(place).weight));
  const shares = (): string => someOf(eligible, (place) => `${at(place).name} ${at(place).weight}`);
  const aside = (): string => someOf(passedOver, ([node, why]) => `${node.name}: ${why}`);
  return {
    wanted,
    shares: {
      places: new Int32Array(eligible),
      weights,
      local: new Uint8Array(eligible.map((place) => (at(place).readsInPlace ? 1 : 0))),
      totalWeight: weights.reduce((sum, weight) => sum + weight, 0),
    },
    reasons: {
      turn: wanted.requestedNodeId === null ? `its turn among ${shares()}` : 'chosen by the user',
      passedOver: passedOver.length === 0 ? '' : `; passed over ${aside()}`,
    },
  };
}

/**
 * Gives the turn to one of the chosen nodes by smooth weighted round-robin. Weights 3 and 2 give the order a b a b a,
 * again and again. A node that is passed over because it is busy keeps what it has gained, within a limit, and has its
 * turns when it has places again: the shares are exact over time. When a candidate becomes busy, or is not any more, the
 * counters must be settled before the next pick.
 */
export function pickNode(choice: Choice, candidates: readonly Candidate[], counters: Counters): Pick {
  const { wanted, shares, reasons } = choice;
  const { places } = shares;
  if (places.length === 0) {
    const whom = wanted.requestedNodeId === null ? 'no node can take it' : 'the chosen node cannot take it';
    return { type: 'nobody', reason: `${whom} (${wanted.capability})${reasons.passedOver}` };
  }
  const turn = nextTurn(shares, (at) => isBusy(candidates[places[at] as number] as Candidate), counters);
  const place = places[turn.at];
  const node = place === undefined ? undefined : candidates[place];
  if (place === undefined || node === undefined)
    return { type: 'nobody', reason: `every node that can take it is busy${reasons.passedOver}` };
  if (node.room <= 0) return { type: 'later', reason: `waits for a place on ${node.name}` };
  takeTurn(shares, turn, counters);
  const why = turn.hasTied ? `${reasons.turn}, and it has the files at hand` : reasons.turn;
  const probe = node.quarantine === 'probe' ? '; tries whether it can leave quarantine' : '';
  return { type: 'picked', place, node, reason: `${why}${probe}${reasons.passedOver}` };
}

/** The reason is kept with every attempt: of hundreds of nodes it names a few, and counts the others. */
const mostNamed = 20;

function someOf<Item>(items: readonly Item[], textOf: (item: Item) => string): string {
  const named = items.slice(0, mostNamed).map(textOf).join(', ');
  return items.length > mostNamed ? `${named} and ${items.length - mostNamed} more` : named;
}

/** No other obstacle than that it may be full. */
export const canTake = (node: Candidate, part: Wanted): boolean => obstacleOf(node, part) === null;

function obstacleOf(node: Candidate, part: Wanted): string | null {
  if (part.requestedNodeId !== null && part.requestedNodeId !== node.id) return 'not the chosen node';
  if (part.allowedNodes !== null && !part.allowedNodes.includes(node.id)) return 'not for your group';
  if (!node.capabilities.includes(part.capability)) return `cannot ${part.capability}`;
  if (!node.enabled) return 'disabled';
  if (node.draining) return 'draining';
  if (node.stopping) return 'stopping';
  if (node.health !== 'online') {
    return node.lastErrorCode === null ? node.health : `${node.health}, ${node.lastErrorCode}`;
  }
  if (node.quarantine === 'closed') return 'quarantined';
  if (node.unreachable !== null) return node.unreachable;
  const needed = tempNeeded(node, part);
  if (needed > 0 && needed > node.tempLeftBytes) {
    return `${mebibytes(Math.max(0, node.tempLeftBytes))} of temporary space left, ${mebibytes(needed)} needed`;
  }
  return null;
}

/** The temporary space that a part takes on the node: to read an archive that is at hand takes none. */
export const tempNeeded = (
  node: { readonly readsInPlace: boolean },
  part: { capability: Capability; tempBytes: number },
): number => (node.readsInPlace && part.capability === 'extract-archive' ? 0 : part.tempBytes);

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;

export const isBusy = (node: Candidate): boolean => node.room <= 0 && node.fullForMs > patienceMs;
