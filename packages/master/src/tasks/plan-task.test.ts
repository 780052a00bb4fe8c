import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareCount, splitEntries } from './plan-task.ts';

const entriesOf = (sizes: number[]) => sizes.map((bytes, index) => ({ index, bytes }));

describe('T11 splitting an extraction', () => {
  it('ranges cover every entry once, in order, and each has something to read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 40 }),
        (sizes, parts) => {
          const ranges = splitEntries(entriesOf(sizes), parts);
          expect(ranges.length).toBeLessThanOrEqual(parts);
          expect(ranges[0]?.from).toBe(0);
          expect(ranges.at(-1)?.to).toBe(sizes.length);
          for (const [index, range] of ranges.entries()) {
            expect(range.to).toBeGreaterThan(range.from);
            const inRange = sizes.slice(range.from, range.to).reduce((sum, size) => sum + size, 0);
            if (ranges.length > 1) expect(inRange).toBeGreaterThan(0);
            if (index > 0) expect(range.from).toBe(ranges[index - 1]?.to);
          }
        },
      ),
    );
  });

  it('entries of equal size are shared equally', () => {
    expect(splitEntries(entriesOf(Array.from({ length: 10 }, () => 100)), 5)).toEqual([
      { from: 0, to: 2 },
      { from: 2, to: 4 },
      { from: 4, to: 6 },
      { from: 6, to: 8 },
      { from: 8, to: 10 },
    ]);
  });

  it('an empty archive is one empty range', () => {
    expect(splitEntries([], 4)).toEqual([{ from: 0, to: 0 }]);
  });

  it.each([
    [[3, 2], 5],
    [[4, 2], 3],
    [[1], 1],
    [[10, 10, 10], 3],
  ])('weights %j take %i parts: one full turn of the rotation', (weights, count) => {
    expect(shareCount(weights)).toBe(count);
  });
});
