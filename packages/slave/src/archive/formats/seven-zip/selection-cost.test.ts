import { expect, it } from 'vitest';
import { isNamingCheaper } from './selection-cost.ts';

const GiB = 2 ** 30;

it.each([
  ['a few of many', { entries: 100_000, wantedEntries: 5, bytes: GiB, wantedBytes: 50_000 }, true],
  ['most of the bytes', { entries: 10, wantedEntries: 1, bytes: GiB, wantedBytes: GiB * 0.6 }, false],
  ['all', { entries: 10, wantedEntries: 10, bytes: GiB, wantedBytes: GiB }, false],
  [
    'many of many small',
    { entries: 100_000, wantedEntries: 40_000, bytes: GiB, wantedBytes: GiB * 0.4 },
    false,
  ],
  [
    'many small ones beside large ones',
    { entries: 2_000, wantedEntries: 1_000, bytes: 9 * GiB, wantedBytes: 1_000 },
    true,
  ],
  ['none of nothing', { entries: 0, wantedEntries: 0, bytes: 0, wantedBytes: 0 }, false],
])('A4 to name the wanted entries pays for %s: %j is %s', (_what, cost, expected) => {
  expect(isNamingCheaper(cost)).toBe(expected);
});
