import type { Capability, NodeHealth } from '@longshore/protocol';

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

/** The counters of smooth weighted round-robin, by node id. */
export type Rotation = ReadonlyMap<string, number>;

export type Pick =
  | {
      readonly type: 'picked';
      readonly node: Candidate;
      readonly reason: string;
      readonly rotation: Rotation;
    }
  /** It is the turn of a node that is full for a moment: the rotation waits for it. */
  | { readonly type: 'later'; readonly reason: string }
  | { readonly type: 'nobody'; readonly reason: string };

/**
 * A full node keeps its turn this long, because short tasks free a place within milliseconds; a node that is full
 * for longer is passed over, so that it holds nobody up.
 */
export const patienceMs = 1_000;

/** The turns that a busy node may have coming, in full rounds of the rotation. */
const mostRoundsOwed = 100;

/**
 * Chooses the node for one part by smooth weighted round-robin: every able node gains its weight, the highest
 * counter wins and pays the sum of all weights. Weights 3 and 2 give the order a b a b a, again and again. A node
 * that is passed over because it is busy keeps what it has gained, within a limit, and has its turns when it has
 * places again: the shares are exact over time.
 * Source: nginx, ngx_http_upstream_round_robin.c, "smooth weighted round-robin".
 */
export function pickNode(
  part: Wanted & { avoid: readonly string[] },
  candidates: readonly Candidate[],
  rotation: Rotation,
): Pick {
  const passedOver: string[] = [];
  const able = candidates.filter((node) => {
    const obstacle = obstacleOf(node, part);
    if (obstacle !== null) passedOver.push(`${node.name}: ${obstacle}`);
    return obstacle === null;
  });
  const fresh = able.filter((node) => !part.avoid.includes(node.id));
  // Better where it failed before than behind nodes that are full for long.
  const eligible = fresh.every(isBusy) ? able : fresh;
  if (eligible === fresh) {
    for (const node of able) {
      if (part.avoid.includes(node.id)) passedOver.push(`${node.name}: failed this before`);
    }
  }
  for (const node of eligible) if (isBusy(node)) passedOver.push(`${node.name}: busy`);
  const aside = passedOver.length === 0 ? '' : `; passed over ${someOf(passedOver)}`;
  if (eligible.length === 0) {
    const whom = part.requestedNodeId === null ? 'no node can take it' : 'the chosen node cannot take it';
    return { type: 'nobody', reason: `${whom} (${part.capability})${aside}` };
  }

  const next = new Map(rotation);
  const total = eligible.reduce((sum, node) => sum + node.weight, 0);
  let winner: Candidate | null = null;
  let highest = Number.NEGATIVE_INFINITY;
  for (const node of eligible) {
    const counter = Math.min((rotation.get(node.id) ?? 0) + node.weight, total * mostRoundsOwed);
    next.set(node.id, counter);
    if (counter > highest && !isBusy(node)) {
      winner = node;
      highest = counter;
    }
  }
  if (winner === null) return { type: 'nobody', reason: `every node that can take it is busy${aside}` };
  if (winner.room <= 0) return { type: 'later', reason: `waits for a place on ${winner.name}` };
  next.set(winner.id, highest - total);
  const shares = (): string => someOf(eligible.map((node) => `${node.name} ${node.weight}`));
  const why = part.requestedNodeId === null ? `its turn among ${shares()}` : 'chosen by the user';
  const probe = winner.quarantine === 'probe' ? '; tries whether it can leave quarantine' : '';
  return { type: 'picked', node: winner, reason: `${why}${probe}${aside}`, rotation: next };
}

/** The reason is kept with every attempt: of hundreds of nodes it names a few, and counts the others. */
const mostNamed = 20;

const someOf = (texts: readonly string[]): string => {
  const named = texts.slice(0, mostNamed).join(', ');
  return texts.length > mostNamed ? `${named} and ${texts.length - mostNamed} more` : named;
};

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

const isBusy = (node: Candidate): boolean => node.room <= 0 && node.fullForMs > patienceMs;
