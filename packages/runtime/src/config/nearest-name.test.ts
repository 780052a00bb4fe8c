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

test.for([
  ['worker_num', 'queue_slave_worker_num'],
  ['max_retry', 'queue_slave_max_retry'],
  ['Option', 'OptionOverwrite'],
  ['queue_slave_worker_num_max_per_node', 'queue_slave_worker_num'],
  ['num', undefined],
])('S1 %j is a part of a name, or has one in it: %j', ([written, meant]) => {
  const known = ['queue_slave_worker_num', 'queue_slave_max_retry', 'OptionOverwrite', 'System'];
  expect(nearestName(written ?? '', known)).toBe(meant);
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
