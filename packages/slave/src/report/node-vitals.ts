import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import {
  type Capability,
  type DiskSpace,
  formatProtocolVersion,
  type NodeVitals,
  productVersion,
  protocolVersion,
} from '@longshore/protocol';
import type { Clock } from '@longshore/runtime';

/** Measures how this node is doing. */
export type ReadVitals = () => Promise<NodeVitals>;

export function createReadVitals(options: {
  clock: Clock;
  bootId: string;
  tempPath: string;
  workers: () => number;
  capabilities: readonly Capability[];
  queueDepth: () => { running: number; queued: number };
}): ReadVitals {
  const { clock, bootId, tempPath, workers, capabilities } = options;
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
    temp: await diskSpace(tempPath),
  });
}

/** Null when the folder is gone or its file system does not answer with numbers. */
async function diskSpace(path: string): Promise<DiskSpace | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { path, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return null;
  }
}
