import type { StatsHistory } from '@longshore/protocol';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const minuteMs = 60_000;

/** The whole span in a few numbers. A task that was canceled neither succeeded nor failed. */
export function summarize({ stepMs, tasks }: StatsHistory): {
  completed: number;
  failed: number;
  /** Of 1; null when nothing has ended. */
  successShare: number | null;
  perMinute: number;
  longestWaitMs: number;
} {
  const [completed, failed] = [sum(tasks.completed), sum(tasks.failed)];
  const ended = completed + failed;
  const spanMs = tasks.atMs.length * stepMs;
  return {
    completed,
    failed,
    successShare: ended === 0 ? null : completed / ended,
    perMinute: spanMs === 0 ? 0 : (ended / spanMs) * minuteMs,
    longestWaitMs: Math.max(0, ...tasks.oldestWaitMs),
  };
}
