import {
  type HistorySpan,
  type NodeHistory,
  NodeId,
  type NodeSeries,
  type StatsHistory,
} from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { listNodeSamples, listTaskSamples, type NodeSample } from '../store/history/sample-rows.ts';
import { listNodes, requireNode } from '../store/nodes/node-rows.ts';
import { spans } from './spans.ts';

/** How one node was. Throws `NODE_NOT_FOUND`. */
export async function nodeHistory(db: Db, idOrName: string, span: HistorySpan): Promise<NodeHistory> {
  const { stepMs } = spans[span];
  const { id, name } = await requireNode(db, idOrName);
  const samples = await listNodeSamples(db, stepMs, id);
  return { stepMs, nodeId: NodeId.parse(id), name, ...toSeries(samples) };
}

/** What was done, and how every node was. */
export async function statsHistory(db: Db, span: HistorySpan): Promise<StatsHistory> {
  const { stepMs } = spans[span];
  const [tasks, samples, nodes] = await Promise.all([
    listTaskSamples(db, stepMs),
    listNodeSamples(db, stepMs, null),
    listNodes(db),
  ]);
  const byNode = Map.groupBy(samples, (sample) => sample.node_id);
  return {
    stepMs,
    tasks: {
      atMs: tasks.map((row) => row.at_ms),
      submitted: tasks.map((row) => row.submitted),
      completed: tasks.map((row) => row.completed),
      failed: tasks.map((row) => row.failed),
      canceled: tasks.map((row) => row.canceled),
      queued: tasks.map((row) => row.queued),
      running: tasks.map((row) => row.running),
      oldestWaitMs: tasks.map((row) => row.oldest_wait_ms),
    },
    nodes: nodes.map(({ id, name }) => ({
      nodeId: NodeId.parse(id),
      name,
      ...toSeries(byNode.get(id) ?? []),
    })),
  };
}

const toSeries = (rows: readonly NodeSample[]): NodeSeries => ({
  atMs: rows.map((row) => row.at_ms),
  online: rows.map((row) => row.online),
  load1: rows.map((row) => row.load1),
  cores: rows.map((row) => row.cores),
  memoryFreeBytes: rows.map((row) => row.memory_free_bytes),
  memoryTotalBytes: rows.map((row) => row.memory_total_bytes),
  tempFreeBytes: rows.map((row) => row.temp_free_bytes),
  tempTotalBytes: rows.map((row) => row.temp_total_bytes),
  storeFreeBytes: rows.map((row) => row.store_free_bytes),
  storeTotalBytes: rows.map((row) => row.store_total_bytes),
  running: rows.map((row) => row.running),
  queued: rows.map((row) => row.queued),
  skewMs: rows.map((row) => row.skew_ms),
});
