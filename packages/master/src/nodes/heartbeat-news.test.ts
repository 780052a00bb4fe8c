import type { NodeVitals } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { createHeartbeatNews } from './heartbeat-news.ts';

const vitals = { workers: 2, capabilities: ['check'], running: 0, temp: null } as unknown as NodeVitals;

test('a heartbeat is news when the node was silent, or can do other things than before', () => {
  let nowMs = 0;
  const isNews = createHeartbeatNews({ monotonicMs: () => nowMs }, 1_000);
  const told = (after: number, changed: Partial<NodeVitals> = {}): boolean => {
    nowMs += after;
    return isNews('a', { ...vitals, ...changed });
  };
  expect(told(0)).toBe(true);
  expect(told(1_000)).toBe(false);
  expect(told(1_000, { running: 5, load1: 3 })).toBe(false);
  expect(isNews('b', vitals)).toBe(true);
  expect(told(2_000)).toBe(true);
  expect(told(1_000, { workers: 3 })).toBe(true);
});
