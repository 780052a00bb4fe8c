import { monitorEventLoopDelay } from 'node:perf_hooks';
import { formatProtocolVersion, productVersion, protocolVersion } from '@longshore/protocol';
import type { Metrics, Sample } from './create-metrics.ts';

const one = (value: number): Sample<never>[] => [{ labels: {} as Record<never, string>, value }];

/** How the process itself is doing. `stop` ends the watch of the event loop. */
export function addProcessMetrics(metrics: Metrics): { stop(): void } {
  const startedAtSeconds = Date.now() / 1000 - process.uptime();
  // It wakes the process as often: rarely enough that an idle program stays idle.
  const delay = monitorEventLoopDelay({ resolution: 50 });
  delay.enable();
  metrics.gauge({
    name: 'longshore_build_info',
    help: 'Always 1; the labels say which release this is, and which protocol it speaks.',
    labels: ['version', 'protocol', 'node'],
    read: () => [
      {
        labels: {
          version: productVersion,
          protocol: formatProtocolVersion(protocolVersion),
          node: process.versions.node,
        },
        value: 1,
      },
    ],
  });
  metrics.readCounter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of all threads, in user and kernel mode.',
    labels: [],
    read: () => {
      const { user, system } = process.cpuUsage();
      return one((user + system) / 1e6);
    },
  });
  metrics.gauge({
    name: 'process_start_time_seconds',
    help: 'When the process began, in seconds since 1970.',
    labels: [],
    read: () => one(startedAtSeconds),
  });
  metrics.gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory that the process occupies.',
    labels: [],
    read: () => one(process.memoryUsage.rss()),
  });
  metrics.gauge({
    name: 'nodejs_heap_used_bytes',
    help: 'Memory of live and not yet collected objects.',
    labels: [],
    read: () => one(process.memoryUsage().heapUsed),
  });
  metrics.gauge({
    name: 'nodejs_eventloop_lag_seconds',
    help: 'By how much the event loop was late since the last reading.',
    labels: ['quantile'],
    read: () => {
      const samples = (
        [
          ['0.5', 50],
          ['0.99', 99],
          ['1', 100],
        ] as const
      ).map(([quantile, percentile]) => ({
        labels: { quantile },
        value: delay.count === 0 ? 0 : Math.max(0, delay.percentile(percentile) / 1e9 - 0.05),
      }));
      delay.reset();
      return samples;
    },
  });
  return { stop: () => void delay.disable() };
}
