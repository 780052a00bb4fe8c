import { expect, test } from 'vitest';
import { axisTicks, linePieces, sumNeighbours, timeMarks, valuesAt } from './scale.ts';

test.for([
  [0, 'count', [0, 1, 2]],
  [1, 'count', [0, 1, 2]],
  [3, 'count', [0, 1, 2, 3]],
  [21, 'count', [0, 10, 20, 30]],
  [100, 'count', [0, 50, 100]],
  [0.3, 'number', [0, 0.1, 0.2, 0.3]],
  [1, 'share', [0, 0.25, 0.5, 0.75, 1]],
  [2.1, 'share', [0, 1, 2, 3]],
  [3 * 1024 ** 3, 'bytes', [0, 1024 ** 3, 2 * 1024 ** 3, 3 * 1024 ** 3]],
  [900, 'ms', [0, 500, 1_000]],
  [50_000, 'ms', [0, 15_000, 30_000, 45_000, 60_000]],
] as const)('up to %d, %s: %j', ([max, unit, ticks]) => {
  expect(axisTicks(max, unit).map((tick) => Math.round(tick * 1e6) / 1e6)).toEqual(ticks);
});

test('times below a chart are round and fit', () => {
  const at = (text: string) => new Date(`2026-03-01T${text}`).getTime();
  const minutes = Array.from({ length: 60 }, (_, index) => at('10:53:20') + index * 60_000);
  const marks = timeMarks(minutes, 5).map((index) => new Date(minutes[index] ?? 0).getMinutes());
  expect(marks).toEqual([0, 15, 30, 45]);
});

test('a chart without a moment has no times', () => {
  expect(timeMarks([], 5)).toEqual([]);
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
