import type { NodeVitals } from '@longshore/protocol';
import type { Database } from '../database/open-database.ts';
import { nodeHealth } from '../nodes/node-health.ts';
import {
  databaseNowMs,
  deleteSamplesBefore,
  insertNodeSamples,
  insertTaskSample,
  rollUp,
} from '../store/history/sample-rows.ts';
import { listNodes, type NodeRow } from '../store/nodes/node-rows.ts';
import { spans } from './spans.ts';

/**
 * Writes one row for every node and one for the tasks, for the minute that has ended last, and sums five of them up into
 * one that is kept longer. Of several masters the one that is first does it, so it may be asked at any pace; a minute in
 * which nobody asked stays empty. True when it was this one.
 */
export async function takeSamples(deps: { database: Database; heartbeatMs: number }): Promise<boolean> {
  const { database, heartbeatMs } = deps;
  const { hour, day } = spans;
  return database.transaction(async (tx) => {
    const nowMs = await databaseNowMs(tx);
    const atMs = Math.floor(nowMs / hour.stepMs) * hour.stepMs - hour.stepMs;
    if (!(await insertTaskSample(tx, { stepMs: hour.stepMs, atMs }))) return false;
    const rows = await listNodes(tx);
    await insertNodeSamples(
      tx,
      rows.map((row) => toSample(row, { stepMs: hour.stepMs, atMs, heartbeatMs })),
    );
    const dayAtMs = Math.floor(nowMs / day.stepMs) * day.stepMs - day.stepMs;
    if (await rollUp(tx, { stepMs: day.stepMs, atMs: dayAtMs }, hour.stepMs)) {
      for (const { stepMs, lengthMs } of [hour, day]) {
        await deleteSamplesBefore(tx, { stepMs, atMs: nowMs - lengthMs });
      }
    }
    return true;
  });
}

function toSample(row: NodeRow, sample: { stepMs: number; atMs: number; heartbeatMs: number }) {
  const isOnline = nodeHealth(row.heartbeat_age_ms, sample.heartbeatMs) === 'online';
  const vitals = isOnline && row.vitals !== null ? (JSON.parse(row.vitals) as NodeVitals) : null;
  // The one that fills up first is the one to look at.
  const [store] = (vitals?.stores ?? []).toSorted((a, b) => a.freeBytes - b.freeBytes);
  return {
    node_id: row.id,
    step_ms: sample.stepMs,
    at_ms: sample.atMs,
    online: isOnline ? 1 : 0,
    load1: vitals?.load1 ?? null,
    cores: vitals?.cores ?? null,
    memory_free_bytes: vitals?.memoryFreeBytes ?? null,
    memory_total_bytes: vitals?.memoryTotalBytes ?? null,
    temp_free_bytes: vitals?.temp?.freeBytes ?? null,
    temp_total_bytes: vitals?.temp?.totalBytes ?? null,
    store_free_bytes: store?.freeBytes ?? null,
    store_total_bytes: store?.totalBytes ?? null,
    running: vitals?.running ?? null,
    queued: vitals?.queued ?? null,
    skew_ms: isOnline ? row.skew_ms : null,
  };
}
