import { expect, test } from 'vitest';
import { decideAcceptance } from './decide-acceptance.ts';

const seen = (...attempts: [number, boolean][]) => attempts.map(([attempt, final]) => ({ attempt, final }));

test.each([
  ['the first attempt of a part is new', 1, seen(), { type: 'new', supersedes: [] }],
  ['the same attempt again is known', 2, seen([2, false]), { type: 'known' }],
  ['the same attempt again is known after its end', 2, seen([2, true]), { type: 'known' }],
  ['an attempt below a later one is outdated', 1, seen([3, true]), { type: 'outdated', by: 3 }],
  [
    'an attempt that ran here before a later one is outdated too',
    1,
    seen([3, false], [1, true]),
    { type: 'outdated', by: 3 },
  ],
  [
    'a later attempt stops the earlier that has not ended',
    3,
    seen([2, false], [1, true]),
    { type: 'new', supersedes: [2] },
  ],
] as const)('%s', (_, number, before, expected) => {
  expect(decideAcceptance(number, before)).toEqual(expected);
});
