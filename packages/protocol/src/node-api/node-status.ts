import { z } from 'zod';
import { Count, NodeId } from '../ids.ts';
import { AttemptRef } from './attempt.ts';

export const Capability = z.enum([
  'create-archive',
  'extract-archive',
  /** Makes pieces of an archive, and joins them. */
  'join-archive',
  'remote-download',
  'store-files',
  'check',
]);
export type Capability = z.infer<typeof Capability>;

/** What an administrator allows on a node. To join is to create, and a check is always allowed. */
export const GrantableCapability = Capability.extract(['create-archive', 'extract-archive']);
export type GrantableCapability = z.infer<typeof GrantableCapability>;

export const DiskSpace = z.object({ path: z.string(), freeBytes: Count, totalBytes: Count });
export type DiskSpace = z.infer<typeof DiskSpace>;

/** Where temporary files go. */
export const TempDisk = DiskSpace.extend({
  /** Promised to work that runs, whether it has written it yet or not. */
  reservedBytes: Count.optional(),
  /** How much of that it has written, and is no longer free. */
  writtenBytes: Count.optional(),
  /** What the administrator of the node wants to stay free. */
  minFreeBytes: Count.optional(),
});
export type TempDisk = z.infer<typeof TempDisk>;

/** A store that the node reads and writes directly, and the disk of its folder. */
export const StoreDisk = z.object({ name: z.string().max(100), freeBytes: Count, totalBytes: Count });
export type StoreDisk = z.infer<typeof StoreDisk>;

/** How a node is doing, measured by itself. */
export const NodeVitals = z.object({
  version: z.string().max(64),
  protocol: z.string().max(16),
  /** New at every start of the slave, so that two programs with one secret are told apart. */
  bootId: z.uuid(),
  uptimeMs: Count,
  /** The node's clock, milliseconds since 1970. */
  clockMs: Count,
  capabilities: z.array(Capability),
  workers: z.int().min(1),
  running: Count,
  queued: Count,
  /** Load average of one minute, and the cores it spreads over. */
  load1: z.number().min(0),
  cores: z.int().min(1),
  memoryFreeBytes: Count,
  memoryTotalBytes: Count,
  rssBytes: Count,
  temp: TempDisk.nullable(),
  /** The stores whose folders it has; one whose disk does not answer is left out. */
  stores: z.array(StoreDisk).max(100).optional(),
  /** It is being stopped: it takes nothing new. */
  stopping: z.boolean().optional(),
});
export type NodeVitals = z.infer<typeof NodeVitals>;

/** Master → slave: "you are my node", sent until the slave's heartbeats arrive. Repeating it changes nothing. */
export const Hello = z.object({
  nodeId: NodeId,
  nodeName: z.string(),
  masterId: z.uuid(),
  /** Where the slave reaches the master, best address first. */
  masterUrls: z.array(z.url()).min(1).max(4),
  heartbeatMs: z.int().min(100),
});
export type Hello = z.infer<typeof Hello>;

export const HelloAnswer = z.object({ vitals: NodeVitals });
export type HelloAnswer = z.infer<typeof HelloAnswer>;

/** Slave → master, every `heartbeatMs`: vitals, and the attempts it holds, whose leases this renews. */
export const Heartbeat = z.object({ vitals: NodeVitals, holding: z.array(AttemptRef).max(100_000) });
export type Heartbeat = z.infer<typeof Heartbeat>;

/** Attempts to stop: `lost` belong to somebody else now, `canceled` were canceled by their user. */
export const HeartbeatAnswer = z.object({ lost: z.array(AttemptRef), canceled: z.array(AttemptRef) });
export type HeartbeatAnswer = z.infer<typeof HeartbeatAnswer>;
