import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearestName } from './nearest-name.ts';

test.for([
  ['Secrt', 'Secret'],
  ['secret', 'Secret'],
  ['Lisen', 'Listen'],
  ['Zebra', undefined],
  ['', undefined],
])('%j was meant as %j', ([written, meant]) => {
  expect(nearestName(written ?? '', ['Secret', 'Listen', 'Mode'])).toBe(meant);
});

test('the distance is a metric', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
