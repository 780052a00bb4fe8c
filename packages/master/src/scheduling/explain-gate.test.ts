import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createExplainGate } from './explain-gate.ts';

test('a group of parts is explained once a second, each on its own', () => {
  let nowMs = 0;
  const gate = createExplainGate({ monotonicMs: () => nowMs });
  expect([gate.opens('a'), gate.opens('b'), gate.opens('a')]).toEqual([true, true, false]);
  nowMs = 999;
  expect(gate.opens('a')).toBe(false);
  nowMs = 1_000;
  expect([gate.opens('a'), gate.opens('a'), gate.opens('b')]).toEqual([true, false, true]);
});

test('groups that are no more are forgotten', () => {
  let nowMs = 0;
  const gate = createExplainGate({ monotonicMs: () => nowMs });
  const before = heapInUse();
  for (let count = 0; count < 60_000; count += 1) {
    nowMs += 1;
    gate.opens(`${count} ${'x'.repeat(1_000)}`.toUpperCase());
  }
  // All of them are 60 MB; those of the last second are one.
  expect(heapInUse() - before).toBeLessThan(40_000_000);
  // Keeps what the gate holds until it has been weighed.
  expect(gate.opens('another')).toBe(true);
});

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  return process.memoryUsage().heapUsed;
}
