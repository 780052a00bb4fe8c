import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import {
  type Capability,
  formatProtocolVersion,
  type NodeVitals,
  productVersion,
  protocolVersion,
  type StoreDisk,
  type TempDisk,
} from '@longshore/protocol';
import type { Clock } from '@longshore/runtime';

/** Measures how this node is doing. */
export type ReadVitals = () => Promise<NodeVitals>;

export function createReadVitals(options: {
  clock: Clock;
  bootId: string;
  tempSpace: () => Promise<TempDisk | null>;
  storeDisks: () => Promise<StoreDisk[]>;
  workers: () => number;
  capabilities: readonly Capability[];
  queueDepth: () => { running: number; queued: number };
  isStopping: () => boolean;
}): ReadVitals {
  const { clock, bootId, workers, capabilities } = options;
  const startedMs = clock.monotonicMs();
  return async () => ({
    version: productVersion,
    protocol: formatProtocolVersion(protocolVersion),
    bootId,
    uptimeMs: Math.round(clock.monotonicMs() - startedMs),
    clockMs: Math.round(clock.nowMs()),
    capabilities: [...capabilities],
    workers: workers(),
    ...options.queueDepth(),
    load1: loadavg()[0] ?? 0,
    cores: availableParallelism(),
    memoryFreeBytes: freemem(),
    memoryTotalBytes: totalmem(),
    rssBytes: process.memoryUsage.rss(),
    temp: await options.tempSpace(),
    stores: await options.storeDisks(),
    ...(options.isStopping() ? { stopping: true } : {}),
  });
}
