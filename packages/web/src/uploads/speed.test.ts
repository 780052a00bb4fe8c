import { expect, test } from 'vitest';
import { measureSpeed, noSpeed } from './speed.ts';

const after = (samples: readonly (readonly [number, number])[]): number =>
  samples.reduce((speed, [atMs, bytes]) => measureSpeed(speed, { atMs, bytes }), noSpeed).bytesPerSecond;

test('there is a speed from the second sample on', () => {
  expect(after([[1_000, 500]])).toBe(0);
  expect(
    after([
      [1_000, 500],
      [2_000, 1_500],
    ]),
  ).toBe(1_000);
});

test('what was a second ago counts half', () => {
  expect(
    after([
      [1_000, 0],
      [2_000, 1_000],
      [3_000, 4_000],
    ]),
  ).toBe(2_000);
});

test('an upload that begins anew has no speed yet', () => {
  expect(
    after([
      [1_000, 0],
      [2_000, 1_000],
      [3_000, 10],
    ]),
  ).toBe(0);
});
