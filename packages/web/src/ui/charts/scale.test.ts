import { expect, test } from 'vitest';
import { linePieces, roundTop, sumNeighbours, valuesAt } from './scale.ts';

test.for([
  [0, 1],
  [0.3, 0.5],
  [1, 1],
  [3, 5],
  [21, 25],
  [999, 1000],
] as const)('%d fits under %d', ([max, top]) => {
  expect(roundTop(max, 'number')).toBe(top);
});

test('sizes are rounded to powers of two', () => {
  expect(roundTop(3 * 1024 ** 3, 'bytes')).toBe(4 * 1024 ** 3);
});

test('neighbours are added up until few are left, and nothing is lost', () => {
  const summed = sumNeighbours([0, 1, 2, 3, 4], [[1, 2, 3, 4, 5]], 2);
  expect(summed).toEqual({ atMs: [0, 3], lists: [[6, 9]] });
});

test('few neighbours stay as they are', () => {
  expect(sumNeighbours([5, 6], [[1, 2]], 10)).toEqual({ atMs: [5, 6], lists: [[1, 2]] });
});

test('a series that begins later has nothing before', () => {
  expect(valuesAt([0, 1, 2], [1, 2], [0, 5])).toEqual([null, 0, 5]);
});

test('a line breaks where there is no value', () => {
  const [a, b, c] = [0, 1, 2].map((x) => ({ x, y: x }));
  expect(linePieces([a ?? null, null, b ?? null, c ?? null])).toEqual([[a], [b, c]]);
});
