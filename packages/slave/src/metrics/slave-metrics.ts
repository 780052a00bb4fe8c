import type { WorkKind } from '@longshore/protocol';
import { addProcessMetrics, type Metrics, secondsBuckets } from '@longshore/runtime';
import type { ReadVitals } from '../report/node-vitals.ts';

/** How a try has ended, as the queue saw it. */
export type TryOutcome = 'complete' | 'fail' | 'retry' | 'await-master' | 'cancel' | 'give-back' | 'drop';

export type SlaveMeter = {
  tryEnded(ended: { kind: WorkKind; outcome: TryOutcome; code: string | null; durationMs: number }): void;
  /** Bytes of blobs, read or written here or through another machine. */
  transferred(moved: { direction: 'read' | 'write'; way: 'local' | 'remote'; bytes: number }): void;
};

export type TransferMeter = Pick<SlaveMeter, 'transferred'>;

export function createSlaveMeter(metrics: Metrics): SlaveMeter {
  const tries = metrics.counter({
    name: 'longshore_slave_tries_total',
    help: 'Executions that have ended, by kind of work, outcome and error code ("" for none).',
    labels: ['kind', 'outcome', 'code'],
  });
  const durations = metrics.histogram({
    name: 'longshore_slave_try_duration_seconds',
    help: 'How long executions took.',
    labels: ['kind'],
    buckets: [...secondsBuckets, 300, 1800, 7200, 86_400],
  });
  const bytes = metrics.counter({
    name: 'longshore_slave_transfer_bytes_total',
    help: 'Bytes of blobs, by direction, on its own disk or through another machine.',
    labels: ['direction', 'way'],
  });
  return {
    tryEnded: ({ kind, outcome, code, durationMs }) => {
      tries.add({ kind, outcome, code: code ?? '' });
      durations.observe({ kind }, durationMs / 1000);
    },
    transferred: ({ direction, way, bytes: count }) => bytes.add({ direction, way }, count),
  };
}

/** Adds what is looked up when somebody asks. `stop` ends the watch of the event loop. */
export function addSlaveGauges(
  metrics: Metrics,
  options: {
    readVitals: ReadVitals;
    outboxDepth: () => number;
  },
): { stop(): void } {
  const { readVitals } = options;
  metrics.gauge({
    name: 'longshore_slave_attempts',
    help: 'Attempts that this slave holds, by whether they run or wait.',
    labels: ['state'],
    read: async () => {
      const { running, queued } = await readVitals();
      return [
        { labels: { state: 'running' }, value: running },
        { labels: { state: 'queued' }, value: queued },
      ];
    },
  });
  metrics.gauge({
    name: 'longshore_slave_workers',
    help: 'Attempts that may run at the same time.',
    labels: [],
    read: async () => [{ labels: {}, value: (await readVitals()).workers }],
  });
  metrics.gauge({
    name: 'longshore_slave_outbox_reports',
    help: 'Reports that no master has acknowledged yet.',
    labels: [],
    read: () => [{ labels: {}, value: options.outboxDepth() }],
  });
  metrics.gauge({
    name: 'longshore_slave_temp_bytes',
    help: 'The file system of the temporary folder: its size, what is free, and what running work has reserved.',
    labels: ['state'],
    read: async () => {
      const { temp } = await readVitals();
      if (temp === null) return [];
      return [
        { labels: { state: 'total' }, value: temp.totalBytes },
        { labels: { state: 'free' }, value: temp.freeBytes },
        { labels: { state: 'reserved' }, value: temp.reservedBytes ?? 0 },
      ];
    },
  });
  return addProcessMetrics(metrics);
}
