import type { Node } from '@longshore/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createNodeAnnouncer } from './node-announcer.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('the first change is told at once, what follows within a second together and once a node', async () => {
  const reads: (readonly string[])[] = [];
  const told: string[] = [];
  const announcer = createNodeAnnouncer({
    read: async (nodeIds) => {
      reads.push(nodeIds);
      return nodeIds.map((id) => ({ id }) as Node);
    },
    tell: ({ id }) => told.push(id),
    onError: () => {},
  });
  for (const nodeId of ['a', 'b', 'a', 'b', 'c']) announcer.changed(nodeId);
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual(['a', 'b', 'a', 'c']);
  await vi.advanceTimersByTimeAsync(5_000);
  announcer.changed('a');
  await vi.advanceTimersByTimeAsync(0);
  expect(reads).toEqual([['a'], ['b', 'a', 'c'], ['a']]);
  announcer.stop();
});

test('an error is passed on, and the next change is told', async () => {
  const errors: unknown[] = [];
  const told: string[] = [];
  const announcer = createNodeAnnouncer({
    read: async ([id]) => {
      if (id === 'gone') throw new Error('the database is away');
      return [{ id } as Node];
    },
    tell: ({ id }) => told.push(id),
    onError: (error) => errors.push(error),
  });
  announcer.changed('gone');
  announcer.changed('b');
  await vi.advanceTimersByTimeAsync(1_000);
  expect([errors.length, told]).toEqual([1, ['b']]);
  announcer.stop();
});
