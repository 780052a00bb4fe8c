import { z } from 'zod';
import { Count, NodeId } from '../ids.ts';
import { endpoint } from './endpoint.ts';

/** The last hour by minutes, or the last day by five minutes. */
export const HistorySpan = z.enum(['hour', 'day']);
export type HistorySpan = z.infer<typeof HistorySpan>;

const Numbers = z.array(z.number().nullable());

/**
 * How a node was: one value for each stretch of time that begins at `atMs`, oldest first; all lists are equally long. In
 * stretches without a sample no master ran. Values other than `online` are null while the node was not online.
 */
export const NodeSeries = z.object({
  atMs: z.array(Count),
  /** Share of the stretch in which it was online, 0 to 1. */
  online: z.array(z.number()),
  load1: Numbers,
  cores: Numbers,
  memoryFreeBytes: Numbers,
  memoryTotalBytes: Numbers,
  tempFreeBytes: Numbers,
  tempTotalBytes: Numbers,
  /** Of the store with the least room, on a node that has stores. */
  storeFreeBytes: Numbers,
  storeTotalBytes: Numbers,
  running: Numbers,
  queued: Numbers,
  skewMs: Numbers,
});
export type NodeSeries = z.infer<typeof NodeSeries>;

export const NodeHistory = NodeSeries.extend({ stepMs: Count, nodeId: NodeId, name: z.string() });
export type NodeHistory = z.infer<typeof NodeHistory>;

export const StatsHistory = z.object({
  stepMs: Count,
  /** Tasks that were submitted and that ended in each stretch; parts that waited and ran, and the longest wait, at its end. */
  tasks: z.object({
    atMs: z.array(Count),
    submitted: z.array(Count),
    completed: z.array(Count),
    failed: z.array(Count),
    canceled: z.array(Count),
    queued: z.array(Count),
    running: z.array(Count),
    oldestWaitMs: z.array(Count),
  }),
  nodes: z.array(NodeSeries.extend({ nodeId: NodeId, name: z.string() })),
});
export type StatsHistory = z.infer<typeof StatsHistory>;

const query = z.object({ span: HistorySpan.default('hour') });

export const history = {
  nodeHistory: endpoint({
    method: 'get',
    path: '/api/v1/nodes/{id}/history',
    tag: 'Nodes',
    summary: 'How a node was over the last hour or day',
    access: 'admin',
    params: z.object({ id: z.string().max(64).describe('Id or name of the node') }),
    query,
    status: 200,
    response: NodeHistory,
  }),
  statsHistory: endpoint({
    method: 'get',
    path: '/api/v1/stats/history',
    tag: 'Nodes',
    summary: 'Tasks done, the queue, and how all nodes were over the last hour or day',
    access: 'admin',
    query,
    status: 200,
    response: StatsHistory,
  }),
} as const;
