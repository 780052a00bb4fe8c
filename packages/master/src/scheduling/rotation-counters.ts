/**
 * Smooth weighted round-robin over many nodes: every one gains its weight, the highest counter wins and pays the sum of
 * all weights. Source: nginx, ngx_http_upstream_round_robin.c, "smooth weighted round-robin".
 *
 * To write down at every turn what each node gains would cost as much as there are nodes. As all nodes of one weight
 * gain alike, their order among themselves changes only when one of them has its turn: they stand in a heap, and a turn
 * compares the first of each weight. What was gained is written into the counters only when others go on with them.
 */

/** What nodes have coming, by their places among the candidates. */
export type Counters = {
  /** As they were when `turns` began: `settleCounters` makes them those of now. */
  readonly values: Float64Array;
  turns: Turns | null;
};

/** The nodes among which turns go round. */
export type Shares = {
  /** Among the candidates. */
  readonly places: Int32Array;
  readonly weights: Float64Array;
  /** 1 for a node that has the files at hand. */
  readonly local: Uint8Array;
  readonly totalWeight: number;
};

type Turns = {
  readonly shares: Shares;
  readonly groups: readonly Group[];
  /** So often every node has gained its weight, which is not in `bases`. */
  taken: number;
  readonly bases: Float64Array;
};

/** Nodes of one weight, as positions among the shares; a heap with the next of them first. */
type Group = { readonly weight: number; readonly isLocal: boolean; readonly heap: Int32Array };

/** Whose turn it is. Nothing has changed before `takeTurn`. */
export type Turn = {
  /** Among the shares; -1 for nobody. */
  readonly at: number;
  /** With what it gains in this turn. */
  readonly counter: number;
  /** Another was as high and came first, but has not the files at hand. */
  readonly hasTied: boolean;
};

/** The turns that a busy node may have coming, in full rounds of the rotation. */
const mostRoundsOwed = 100;

export const createCounters = (values: Float64Array): Counters => ({ values, turns: null });

/** Writes down what was gained, and answers the counters of now. What was known of busy nodes is forgotten. */
export function settleCounters(counters: Counters): Float64Array {
  const { values, turns } = counters;
  counters.turns = null;
  if (turns === null || turns.taken === 0) return values;
  const { places, weights } = turns.shares;
  for (let at = 0; at < places.length; at += 1) {
    const counter = (turns.bases[at] as number) + (weights[at] as number) * turns.taken;
    values[places[at] as number] = Math.min(counter, mostOf(turns.shares));
  }
  return values;
}

/**
 * Of the nodes that are not busy the one with the highest counter. Of nodes whose turn it is alike, one that has the files
 * at hand wins. Which nodes are busy is asked once, until the counters are settled.
 */
export function nextTurn(shares: Shares, isBusy: (at: number) => boolean, counters: Counters): Turn {
  if (counters.turns?.shares !== shares) {
    settleCounters(counters);
    counters.turns = beginTurns(shares, isBusy, counters.values);
  }
  return firstOfGroups(counters.turns) ?? firstOfAll(shares, isBusy, settleCounters(counters));
}

/** The turn is over: everybody has gained, and whose turn it was has paid. */
export function takeTurn(shares: Shares, { at, counter }: Turn, counters: Counters): void {
  const { turns, values } = counters;
  const paid = counter - shares.totalWeight;
  if (turns === null) {
    for (let one = 0; one < shares.places.length; one += 1) {
      const place = shares.places[one] as number;
      values[place] = Math.min((values[place] as number) + (shares.weights[one] as number), mostOf(shares));
    }
    values[shares.places[at] as number] = paid;
    return;
  }
  turns.taken += 1;
  turns.bases[at] = paid - (shares.weights[at] as number) * turns.taken;
  const group = turns.groups.find(({ heap }) => heap[0] === at);
  if (group !== undefined) sink(group.heap, 0, turns.bases);
}

const mostOf = (shares: Shares): number => shares.totalWeight * mostRoundsOwed;

function beginTurns(shares: Shares, isBusy: (at: number) => boolean, values: Float64Array): Turns {
  const { places, weights, local } = shares;
  const bases = new Float64Array(places.length);
  const members = new Map<number, number[]>();
  for (let at = 0; at < places.length; at += 1) {
    bases[at] = values[places[at] as number] as number;
    if (isBusy(at)) continue;
    // A weight is a whole number.
    const key = (weights[at] as number) * 2 + (local[at] as number);
    const same = members.get(key);
    if (same === undefined) members.set(key, [at]);
    else same.push(at);
  }
  const groups = [...members].map(([key, same]): Group => {
    const heap = Int32Array.from(same);
    for (let node = (heap.length >> 1) - 1; node >= 0; node -= 1) sink(heap, node, bases);
    return { weight: Math.floor(key / 2), isLocal: key % 2 === 1, heap };
  });
  return { shares, groups, taken: 0, bases };
}

/** Null when somebody has as much coming as is allowed: then nodes of one weight do not gain alike any more. */
function firstOfGroups({ shares, groups, taken, bases }: Turns): Turn | null {
  const most = mostOf(shares);
  let at = -1;
  let counter = Number.NEGATIVE_INFINITY;
  let isLocal = false;
  for (const group of groups) {
    const first = group.heap[0] as number;
    const before = (bases[first] as number) + group.weight * taken;
    if (before > most) return null;
    const now = before + group.weight;
    if (now < counter) continue;
    if (now === counter && (group.isLocal === isLocal ? first > at : isLocal)) continue;
    at = first;
    counter = now;
    isLocal = group.isLocal;
  }
  return { at, counter, hasTied: isLocal && groups.some(tiesBefore) };

  function tiesBefore(group: Group): boolean {
    const first = group.heap[0] as number;
    return !group.isLocal && first < at && (bases[first] as number) + group.weight * (taken + 1) === counter;
  }
}

function firstOfAll(
  { places, weights, local }: Shares,
  isBusy: (at: number) => boolean,
  values: Float64Array,
): Turn {
  let winner = -1;
  let highest = Number.NEGATIVE_INFINITY;
  let hasTied = false;
  for (let at = 0; at < places.length; at += 1) {
    const counter = (values[places[at] as number] as number) + (weights[at] as number);
    if (counter < highest) continue;
    const isTie = counter === highest;
    if (isTie && (local[at] === 0 || local[winner] === 1)) continue;
    if (isBusy(at)) continue;
    winner = at;
    highest = counter;
    hasTied = isTie;
  }
  return { at: winner, counter: highest, hasTied };
}

/** Lets what stands at `from` sink to its place: the highest first, of those alike the one that comes first. */
function sink(heap: Int32Array, from: number, bases: Float64Array): void {
  const sinking = heap[from] as number;
  const base = bases[sinking] as number;
  let node = from;
  for (;;) {
    let child = 2 * node + 1;
    if (child >= heap.length) break;
    let one = heap[child] as number;
    const other = heap[child + 1];
    if (other !== undefined && isBefore(bases[other] as number, other, bases[one] as number, one)) {
      child += 1;
      one = other;
    }
    if (!isBefore(bases[one] as number, one, base, sinking)) break;
    heap[node] = one;
    node = child;
  }
  heap[node] = sinking;
}

const isBefore = (base: number, at: number, otherBase: number, other: number): boolean =>
  base > otherBase || (base === otherBase && at < other);
