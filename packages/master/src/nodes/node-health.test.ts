import { expect, it } from 'vitest';
import { leaseDurationMs, nodeHealth } from './node-health.ts';

it.each([
  [null, 'never-seen'],
  [0, 'online'],
  [7_900, 'online'],
  [8_100, 'suspect'],
  [13_100, 'offline'],
  [-100, 'online'],
  [-86_400_000, 'offline'],
] as const)('N4 a node last heard of %s ms ago is %s', (ageMs, health) => {
  expect(nodeHealth(ageMs, 5_000)).toBe(health);
});

it('N4 a node is offline before its leases end, and within 15 s', () => {
  expect(nodeHealth(13_001, 5_000)).toBe('offline');
  expect(leaseDurationMs(5_000)).toBe(15_000);
});
