import { describePlacement, describeWaiting } from '@longshore/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, type Choice, chooseNodes, pickNode as giveTurn, type Picked } from './pick-node.ts';
import { createCounters, settleCounters } from './rotation-counters.ts';

type Rotation = ReadonlyMap<string, number>;

/** One pick, with the counters by name. */
function pickNode(wanted: Choice['wanted'], candidates: readonly Candidate[], before: Rotation) {
  const counters = createCounters(Float64Array.from(candidates, ({ name }) => before.get(name) ?? 0));
  const pick = giveTurn(chooseNodes(wanted, candidates), candidates, counters);
  const values = settleCounters(counters);
  const rotation = new Map(candidates.map(({ name }, place) => [name, values[place] ?? 0]));
  return { ...pick, reason: reasonOf(pick), rotation };
}

function reasonOf(pick: Picked): string {
  if (pick.type === 'later') return '';
  return pick.type === 'picked' ? describePlacement(pick.why) : describeWaiting(pick.why);
}

const node = (name: string, weight: number, change: Partial<Candidate> = {}): Candidate => ({
  id: name,
  name,
  weight,
  health: 'online',
  enabled: true,
  draining: false,
  stopping: false,
  quarantine: 'none',
  capabilities: ['create-archive'],
  room: 100,
  fullForMs: 0,
  tempLeftBytes: 0,
  readsInPlace: false,
  lastErrorCode: null,
  unreachable: null,
  ...change,
});
const part = {
  capability: 'create-archive',
  requestedNodeId: null,
  allowedNodes: null,
  avoid: [],
  tempBytes: 0,
} as const;

function picks(candidates: Candidate[], count: number, rotation: Rotation = new Map()) {
  const order: string[] = [];
  let present = rotation;
  for (let turn = 0; turn < count; turn += 1) {
    const pick = pickNode(part, candidates, present);
    if (pick.type !== 'picked') throw new Error(pick.reason);
    order.push(pick.node.name);
    present = pick.rotation;
  }
  return { order, rotation: present };
}

describe('N5 smooth weighted round-robin', () => {
  it('weights 3 and 2 share every five turns as a b a b a', () => {
    expect(picks([node('a', 3), node('b', 2)], 10).order.join('')).toBe('ababaababa');
  });

  it('every full cycle gives each node exactly its weight, and starts over', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }), (weights) => {
        const candidates = weights.map((weight, index) => node(`n${index}`, weight));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const { order, rotation } = picks(candidates, total);
        for (const candidate of candidates) {
          expect(order.filter((name) => name === candidate.name)).toHaveLength(candidate.weight);
        }
        expect([...rotation.values()].every((counter) => counter === 0)).toBe(true);
      }),
    );
  });

  it('a new weight counts from the next turn', () => {
    const { rotation } = picks([node('a', 1), node('b', 1)], 10);
    const after = picks([node('a', 4), node('b', 1)], 10, rotation).order;
    expect(after.filter((name) => name === 'a')).toHaveLength(8);
  });

  it.each([
    ['disabled', { enabled: false }],
    ['draining', { draining: true }],
    ['stopping', { stopping: true }],
    ['offline', { health: 'offline' }],
    ['quarantined', { quarantine: 'closed' }],
    ['suspect', { health: 'suspect' }],
    ['cannot create-archive', { capabilities: [] }],
    ['busy', { room: 0, fullForMs: 5_000 }],
  ] as const)('a node that is %s is passed over and the reason says so', (why, change) => {
    const pick = pickNode(part, [node('a', 9, change), node('b', 1)], new Map());
    expect(pick).toMatchObject({ type: 'picked', node: { name: 'b' } });
    expect(pick.reason).toContain(`a: ${why}`);
  });

  it('of many nodes the reason names a few and counts the others', () => {
    const many = Array.from({ length: 50 }, (_, at) => node(`n${at}`, 1, { draining: at >= 25 }));
    const { reason } = pickNode(part, many, new Map());
    expect(reason).toMatch(
      /^its turn among n0 1, .*n19 1 and 5 more; passed over n25: draining, .* and 5 more$/,
    );
  });

  it('N7 a quarantined node whose pause is over takes its turn, and the reason says why', () => {
    const pick = pickNode(part, [node('a', 9, { quarantine: 'probe' }), node('b', 1)], new Map());
    expect(pick).toMatchObject({
      type: 'picked',
      node: { name: 'a' },
      reason: 'its turn among a 9, b 1; tries whether it can leave quarantine',
    });
  });

  it('a node that is full for a moment keeps its turn', () => {
    const pick = pickNode(part, [node('a', 3, { room: 0, fullForMs: 10 }), node('b', 2)], new Map());
    expect(pick.type).toBe('later');
  });

  it('a busy node has its turns when it has places again', () => {
    const busy = picks([node('a', 3, { room: 0, fullForMs: 5_000 }), node('b', 2)], 10);
    expect(busy.order.join('')).toBe('bbbbbbbbbb');
    const after = picks([node('a', 3), node('b', 2)], 15, busy.rotation).order;
    const all = [...busy.order, ...after];
    expect(all.filter((name) => name === 'a')).toHaveLength(15);
    expect(all.filter((name) => name === 'b')).toHaveLength(10);
  });

  it('waits when every node that can take it is busy', () => {
    const busy = { room: 0, fullForMs: 5_000 };
    expect(pickNode(part, [node('a', 3, busy), node('b', 2, busy)], new Map()).type).toBe('nobody');
  });

  it('a node that failed the part before is taken only when nobody else can', () => {
    const avoidA = { ...part, avoid: ['a'] };
    expect(pickNode(avoidA, [node('a', 9), node('b', 1)], new Map())).toMatchObject({ node: { name: 'b' } });
    expect(pickNode(avoidA, [node('a', 9)], new Map())).toMatchObject({ node: { name: 'a' } });
  });

  it('N7 M10 a part waits a moment for a node that has not failed it, and then goes to one that has', () => {
    const avoidA = { ...part, avoid: ['a'] };
    const full = (fullForMs: number) => [node('a', 9), node('b', 1, { room: 0, fullForMs })];
    expect(pickNode(avoidA, full(10), new Map())).toMatchObject({ type: 'later' });
    const pick = pickNode(avoidA, full(5_000), new Map());
    expect(pick).toMatchObject({ type: 'picked', node: { name: 'a' } });
    expect(pick.reason).toContain('passed over b: busy');
  });

  it('the node that the user chose is the only one considered', () => {
    const chosen = { ...part, requestedNodeId: 'b' };
    expect(pickNode(chosen, [node('a', 9), node('b', 1)], new Map())).toMatchObject({ node: { name: 'b' } });
    expect(pickNode(chosen, [node('a', 9), node('b', 1, { health: 'offline' })], new Map()).type).toBe(
      'nobody',
    );
  });
});

describe('N12 locality', () => {
  const here = (name: string, weight = 1) => node(name, weight, { readsInPlace: true });

  it('of nodes whose turn it is alike, the one that has the files is picked, and the reason says so', () => {
    const { reason, ...pick } = pickNode(part, [node('a', 1), here('b'), node('c', 1)], new Map());
    expect(pick).toMatchObject({ type: 'picked', node: { name: 'b' } });
    expect(reason).toBe('its turn among a 1, b 1, c 1, and it has the files at hand');
  });

  it('the shares stay exact', () => {
    const { order } = picks([node('a', 3), here('b', 2), here('c', 3)], 80);
    const counts = ['a', 'b', 'c'].map((name) => order.filter((one) => one === name).length);
    expect(counts).toEqual([30, 20, 30]);
  });

  it('whose turn it is comes before who has the files', () => {
    const pick = pickNode(part, [node('a', 2), here('b')], new Map());
    expect(pick).toMatchObject({ node: { name: 'a' }, reason: 'its turn among a 2, b 1' });
  });
});

describe('S5 temporary space', () => {
  const large = { ...part, tempBytes: 200 * 2 ** 20 };

  it('a node with 100 MiB never gets a part that needs 200, and the reason says so', () => {
    const pick = pickNode(large, [node('a', 1, { tempLeftBytes: 100 * 2 ** 20 })], new Map());
    expect(pick).toMatchObject({
      type: 'nobody',
      reason: expect.stringContaining('a: 100 MiB of temporary space left, 200 MiB needed'),
    });
  });

  it('it goes to the node that has as much, however light', () => {
    const candidates = [node('a', 100), node('b', 1, { tempLeftBytes: large.tempBytes })];
    for (const name of ['b', 'b', 'b']) {
      expect(pickNode(large, candidates, new Map())).toMatchObject({ type: 'picked', node: { name } });
    }
  });

  it('a node that has the file at hand needs none to read it, but to make an archive it does', () => {
    const embedded = node('a', 1, {
      readsInPlace: true,
      capabilities: ['create-archive', 'extract-archive'],
    });
    expect(pickNode({ ...large, capability: 'extract-archive' }, [embedded], new Map()).type).toBe('picked');
    expect(pickNode(large, [embedded], new Map()).type).toBe('nobody');
  });
});
