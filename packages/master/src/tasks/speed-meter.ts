import type { Progress } from '@longshore/protocol';

/** Speed and time left of running tasks, smoothed over the last seconds. */
export type SpeedMeter = {
  measure(taskId: string, progress: Progress): { bytesPerSecond: number | null; etaSeconds: number | null };
  forget(taskId: string): void;
};

/** A sample counts for about this long. */
const memoryMs = 5_000;

export function createSpeedMeter(clock: { monotonicMs(): number }): SpeedMeter {
  const samples = new Map<string, { atMs: number; bytes: number; bytesPerSecond: number | null }>();
  return {
    measure: (taskId, progress) => {
      const atMs = clock.monotonicMs();
      const last = samples.get(taskId);
      let bytesPerSecond = last?.bytesPerSecond ?? null;
      if (last !== undefined && atMs > last.atMs && progress.bytesDone >= last.bytes) {
        const elapsedMs = atMs - last.atMs;
        const present = ((progress.bytesDone - last.bytes) * 1000) / elapsedMs;
        const weight = bytesPerSecond === null ? 1 : 1 - Math.exp(-elapsedMs / memoryMs);
        bytesPerSecond = (bytesPerSecond ?? 0) * (1 - weight) + present * weight;
      }
      samples.set(taskId, { atMs, bytes: progress.bytesDone, bytesPerSecond });
      const left = progress.bytesTotal === null ? null : progress.bytesTotal - progress.bytesDone;
      const etaSeconds =
        left === null || bytesPerSecond === null || bytesPerSecond <= 0 ? null : left / bytesPerSecond;
      return { bytesPerSecond, etaSeconds };
    },
    forget: (taskId) => {
      samples.delete(taskId);
    },
  };
}
