import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

const policies = fc.record({
  delayMs: fc.integer({ min: 0, max: 86_400_000 }),
  factor: fc.double({ min: 1, max: 100, noNaN: true }),
  maxMs: fc.integer({ min: 0, max: 86_400_000 }),
});
const failures = fc.integer({ min: 1, max: 1000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a delay is never over the maximum and never under three quarters of min(max, delay × factor^(n-1))', () => {
  fc.assert(
    fc.property(policies, failures, random, (policy, n, chance) => {
      const grown = policy.delayMs === 0 ? 0 : policy.delayMs * policy.factor ** (n - 1);
      const whole = Math.min(policy.maxMs, grown);
      const delayMs = backoffMs(policy, n, chance);
      expect(Number.isSafeInteger(delayMs)).toBe(true);
      expect(delayMs).toBeLessThanOrEqual(Math.round(whole));
      expect(delayMs).toBeGreaterThanOrEqual(Math.floor(whole * 0.75));
    }),
  );
});

test('with the same luck a later failure never waits less than an earlier one', () => {
  fc.assert(
    fc.property(policies, failures, random, (policy, n, chance) => {
      expect(backoffMs(policy, n + 1, chance)).toBeGreaterThanOrEqual(backoffMs(policy, n, chance));
    }),
  );
});

test('no delay stays no delay after any number of failures', () => {
  expect(backoffMs({ delayMs: 0, factor: 100, maxMs: 1000 }, 1000, 0)).toBe(0);
});

test('the defaults wait 5, 20, 80, 320, 1280 and then 3600 seconds', () => {
  const policy = { delayMs: 5000, factor: 4, maxMs: 3_600_000 };
  const seconds = [1, 2, 3, 4, 5, 6, 7].map((n) => backoffMs(policy, n, 0) / 1000);
  expect(seconds).toEqual([5, 20, 80, 320, 1280, 3600, 3600]);
});
