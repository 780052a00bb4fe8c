import { type Capability, SubmitTask, type Work } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import { nodeHealth } from '../nodes/node-health.ts';
import { findAllowedNodes } from '../store/accounts/group-rows.ts';
import { listNodes } from '../store/nodes/node-rows.ts';
import type { TaskRow } from '../store/tasks/task-rows.ts';
import { insertPlan, workOf } from './submit-task.ts';

/** What the planner needs to know of one entry of an archive. */
export type EntrySize = { readonly index: number; readonly bytes: number };

/** The entries that a task selects of its archive, in order, or undefined when its format cannot be shared. */
export type ReadEntries = (task: TaskRow) => Promise<readonly EntrySize[] | undefined>;

/** More parts than this only cost hops. */
const mostParts = 32;

/**
 * Plans a large extraction: shares of about equal size of what is selected, as many as the weights of the able nodes add up to, so that
 * the rotation gives every node its share. An archive that cannot be listed or shared becomes one part, whose
 * attempt then tells what is wrong with it.
 */
export async function planTask(
  deps: {
    database: Database;
    heartbeatMs: number;
    minPartBytes: number;
    readEntries: ReadEntries;
    log: Logger;
  },
  task: TaskRow,
): Promise<boolean> {
  const work = workOf(SubmitTask.parse(JSON.parse(task.request)));
  const plan = await makePlan(deps, task, work);
  return deps.database.transaction((tx) => insertPlan(tx, task, plan));
}

async function makePlan(
  deps: Parameters<typeof planTask>[0],
  task: TaskRow,
  work: Work,
): Promise<readonly Work[]> {
  if (work.kind !== 'extract-archive' || task.requested_node_id !== null) return [work];
  const weights = await ableWeights(deps, work.kind, task.user_id);
  if (weights.length < 2) return [work];
  try {
    const entries = await deps.readEntries(task);
    if (entries === undefined) return [work];
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    const parts = Math.min(mostParts, shareCount(weights), Math.floor(bytes / deps.minPartBytes));
    if (parts < 2) return [work];
    return splitEntries(entries, parts).map((entryRange) => ({ ...work, entryRange }));
  } catch (error) {
    deps.log.warn({ taskId: task.id, err: error }, 'archive not listed, extracting it as one part');
    return [work];
  }
}

/** Contiguous ranges of entries with about the same number of bytes each; always at least one range. */
export function splitEntries(entries: readonly EntrySize[], parts: number): { from: number; to: number }[] {
  const total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const ranges: { from: number; to: number }[] = [];
  const end = (entries.at(-1)?.index ?? -1) + 1;
  let from = 0;
  let bytes = 0;
  for (const entry of entries) {
    bytes += entry.bytes;
    const due = ((ranges.length + 1) * total) / Math.max(1, parts);
    if (ranges.length < parts - 1 && bytes >= due && entry.index + 1 < end) {
      ranges.push({ from, to: entry.index + 1 });
      from = entry.index + 1;
    }
  }
  return [...ranges, { from, to: end }];
}

/** The sum of the weights over their greatest common divisor: one full turn of the rotation. */
export function shareCount(weights: readonly number[]): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const common = weights.reduce(divisor, 0) || 1;
  return weights.reduce((sum, weight) => sum + weight / common, 0);
}

async function ableWeights(
  deps: { database: Database; heartbeatMs: number },
  capability: Capability,
  userId: string,
): Promise<number[]> {
  const { db } = deps.database;
  const allowed = await findAllowedNodes(db, userId);
  const rows = await listNodes(db);
  return rows
    .filter((row) => allowed === null || allowed.includes(row.id))
    .filter((row) => row.enabled === 1 && row.draining === 0 && row.quarantined_at_ms === null)
    .filter((row) => nodeHealth(row.heartbeat_age_ms, deps.heartbeatMs) === 'online')
    .filter((row) => (JSON.parse(row.capabilities) as Capability[]).includes(capability))
    .map((row) => row.weight);
}
