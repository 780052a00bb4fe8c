import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Counters,
  createCounters,
  nextTurn,
  type Shares,
  settleCounters,
  takeTurn,
} from './rotation-counters.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** The algorithm as its source has it, with every counter written at every turn. */
function plainTurn(shares: Shares, busy: ReadonlySet<number>, values: number[]): string {
  const places = [...shares.places];
  const most = 100 * shares.totalWeight;
  const gained = places.map((place, at) => (values[place] ?? 0) + (shares.weights[at] ?? 0));
  const free = [...places.keys()].filter((at) => !busy.has(places[at] ?? -1));
  const highest = Math.max(...free.map((at) => gained[at] ?? 0));
  const first = free.filter((at) => gained[at] === highest);
  const winner = first.find((at) => shares.local[at] === 1) ?? first[0];
  if (winner === undefined) return 'nobody';
  for (const [at, place] of places.entries()) values[place] = Math.min(gained[at] ?? 0, most);
  values[places[winner] ?? -1] = highest - shares.totalWeight;
  return `${winner} ${first[0] === winner ? 'first' : 'tied'}`;
}

function turn(shares: Shares, busy: ReadonlySet<number>, counters: Counters): string {
  const next = nextTurn(shares, (at) => busy.has(shares.places[at] ?? -1), counters);
  if (next.at === -1) return 'nobody';
  takeTurn(shares, next, counters);
  return `${next.at} ${next.hasTied ? 'tied' : 'first'}`;
}

const nodes = fc.array(
  fc.record({
    weight: fc.integer({ min: 1, max: 6 }),
    isLocal: fc.boolean(),
    start: fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 1_000, max: 10_000 })),
  }),
  { minLength: 1, maxLength: 12 },
);
const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ turns: fc.integer({ min: 1, max: 30 }), choice: fc.nat({ max: 2 }) }),
    },
    { weight: 1, arbitrary: fc.record({ busy: fc.nat() }) },
  ),
  { maxLength: 30 },
);

it('N5 turns and counters are those of the plain algorithm, whatever is mixed, busy or owed', () => {
  fc.assert(
    fc.property(nodes, steps, (all, plan) => {
      const places = [...all.keys()];
      // Different parts may go to different nodes, and share the counters.
      const choices = [places, places.filter((at) => at % 2 === 0), places.filter((at) => at % 3 !== 1)].map(
        (some): Shares => ({
          places: Int32Array.from(some),
          weights: Float64Array.from(some, (place) => all[place]?.weight ?? 0),
          local: Uint8Array.from(some, (place) => (all[place]?.isLocal ? 1 : 0)),
          totalWeight: sum(some.map((place) => all[place]?.weight ?? 0)),
        }),
      );
      const plain = all.map(({ start }) => start);
      const counters = createCounters(Float64Array.from(plain));
      const busy = new Set<number>();
      for (const step of plan) {
        if ('busy' in step) {
          const place = step.busy % all.length;
          if (!busy.delete(place)) busy.add(place);
          settleCounters(counters);
          continue;
        }
        const shares = choices[step.choice] as Shares;
        for (let count = 0; count < step.turns; count += 1) {
          expect(turn(shares, busy, counters)).toBe(plainTurn(shares, busy, plain));
        }
      }
      expect([...settleCounters(counters)]).toEqual(plain);
    }),
    { numRuns: 300 },
  );
});
