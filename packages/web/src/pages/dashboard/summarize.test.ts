import type { StatsHistory } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { summarize } from './summarize.ts';

const historyOf = (tasks: Partial<StatsHistory['tasks']>): StatsHistory => ({
  stepMs: 60_000,
  nodes: [],
  tasks: {
    atMs: [0, 60_000],
    submitted: [0, 0],
    completed: [0, 0],
    failed: [0, 0],
    canceled: [0, 0],
    queued: [0, 0],
    running: [0, 0],
    oldestWaitMs: [0, 0],
    ...tasks,
  },
});

test('tasks that were canceled count neither as success nor as failure', () => {
  const summary = summarize(historyOf({ completed: [2, 1], failed: [0, 1], canceled: [5, 5] }));
  expect(summary).toMatchObject({ completed: 3, failed: 1, successShare: 0.75, perMinute: 2 });
});

test('without a task that has ended there is no share of successes', () => {
  expect(summarize(historyOf({})).successShare).toBeNull();
});

test('the longest wait is that of the whole span', () => {
  expect(summarize(historyOf({ oldestWaitMs: [900, 20] })).longestWaitMs).toBe(900);
});
