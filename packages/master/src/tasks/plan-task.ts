import { type Capability, type NodeVitals, SubmitTask, type Work } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import { nodeHealth } from '../nodes/node-health.ts';
import { findAllowedNodes } from '../store/accounts/group-rows.ts';
import { listNodes, mayDo, type NodeRow } from '../store/nodes/node-rows.ts';
import { listSourceSizes } from '../store/tasks/source-pages.ts';
import type { TaskRow } from '../store/tasks/task-rows.ts';
import { insertPlan } from './plan-parts.ts';
import { workOf } from './submit-task.ts';

/** What the planner needs to know of one entry of an archive, or of one source of an archive to make. */
export type EntrySize = { readonly index: number; readonly bytes: number };

/** The entries that a task selects of its archive, in order, or undefined when its format cannot be shared. */
export type ReadEntries = (task: TaskRow) => Promise<readonly EntrySize[] | undefined>;

/** More parts than this only cost hops. */
const mostParts = 32;

/**
 * Plans a large extraction, or the making of a large zip: shares of about equal size of what is selected, as many as the
 * weights of the able nodes add up to, so that the rotation gives every node its share. What is made in shares is joined by
 * one more part. An archive that cannot be listed or shared becomes one part, whose attempt then tells what is wrong with it.
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
  switch (work.kind) {
    case 'extract-archive': {
      const ranges = await makeRanges(deps, task, 'extract-archive', () => deps.readEntries(task));
      return ranges.length < 2 ? [work] : ranges.map((entryRange) => ({ ...work, entryRange }));
    }
    case 'create-archive': {
      const { db } = deps.database;
      const ranges = await makeRanges(deps, task, 'join-archive', () => listSourceSizes(db, task.id));
      if (ranges.length < 2) return [work];
      return [...ranges.map((sourceRange) => ({ ...work, sourceRange })), { kind: 'join-archive' }];
    }
    default:
      return [work];
  }
}

/** The shares of what a task reads; less than two where it cannot be shared. */
async function makeRanges(
  deps: Parameters<typeof planTask>[0],
  task: TaskRow,
  capability: Capability,
  read: () => Promise<readonly EntrySize[] | undefined>,
): Promise<Range[]> {
  const weights = await ableWeights(deps, capability, task.user_id);
  if (weights.length < 2) return [];
  try {
    const entries = await read();
    if (entries === undefined) return [];
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    const parts = Math.min(mostParts, shareCount(weights), Math.floor(bytes / deps.minPartBytes));
    return parts < 2 ? [] : splitEntries(entries, parts);
  } catch (error) {
    deps.log.warn(
      { taskId: task.id, err: error },
      'what a task reads was not listed, planning it as one part',
    );
    return [];
  }
}

type Range = { from: number; to: number };

/** Contiguous ranges of entries with about the same number of bytes each, and never none; always at least one range. */
export function splitEntries(entries: readonly EntrySize[], parts: number): Range[] {
  const total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const ranges: Range[] = [];
  const end = (entries.at(-1)?.index ?? -1) + 1;
  let from = 0;
  let bytes = 0;
  let bytesBefore = 0;
  for (const entry of entries) {
    bytes += entry.bytes;
    const due = ((ranges.length + 1) * total) / Math.max(1, parts);
    if (ranges.length < parts - 1 && bytes >= due && bytes > bytesBefore && bytes < total) {
      ranges.push({ from, to: entry.index + 1 });
      from = entry.index + 1;
      bytesBefore = bytes;
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
    .filter((row) => mayDo(row, capability) && saysItCan(row, capability))
    .map((row) => row.weight);
}

const saysItCan = ({ vitals }: NodeRow, capability: Capability): boolean =>
  vitals !== null && (JSON.parse(vitals) as NodeVitals).capabilities.includes(capability);
