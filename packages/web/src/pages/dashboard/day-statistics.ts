import type { Task } from '@longshore/protocol';
import { finalTaskStates } from '@longshore/protocol';

export type Bucket = { atMs: number; ok: number; failed: number; bytes: number };

export type DayStatistics = {
  buckets: Bucket[];
  ended: number;
  /** Of 1; null when nothing has ended. */
  successShare: number | null;
  bytes: number;
  medianWaitMs: number | null;
  failing: Task[];
};

const bucketMs = 3_600_000;
const bucketCount = 24;

/** The last day, an hour at a time, from its tasks. */
export function dayStatistics(tasks: readonly Task[], nowMs: number): DayStatistics {
  const lastMs = Math.floor(nowMs / bucketMs) * bucketMs;
  const buckets = Array.from({ length: bucketCount }, (_, index) => ({
    atMs: lastMs - (bucketCount - 1 - index) * bucketMs,
    ok: 0,
    failed: 0,
    bytes: 0,
  }));
  const ended = tasks.filter((task) => (finalTaskStates as readonly string[]).includes(task.state));
  for (const task of ended) {
    const bucket = buckets.findLast(({ atMs }) => (task.finishedAtMs ?? 0) >= atMs);
    if (bucket === undefined) continue;
    if (task.state === 'failed') bucket.failed += 1;
    else if (task.state !== 'canceled') bucket.ok += 1;
    bucket.bytes += task.progress.bytesDone;
  }
  const counted = ended.filter((task) => task.state !== 'canceled');
  const failing = counted.filter((task) => task.state === 'failed');
  const waits = tasks
    .filter((task) => task.startedAtMs !== null)
    .map((task) => (task.startedAtMs ?? 0) - task.createdAtMs)
    .toSorted((left, right) => left - right);
  return {
    buckets,
    ended: ended.length,
    successShare: counted.length === 0 ? null : 1 - failing.length / counted.length,
    bytes: ended.reduce((sum, task) => sum + task.progress.bytesDone, 0),
    medianWaitMs: waits[Math.floor(waits.length / 2)] ?? null,
    failing,
  };
}
