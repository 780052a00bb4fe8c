import { randomUUIDv7 } from 'node:crypto';
import type { Capability, Progress, TaskPriority, Waiting, Work } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { emptyProgress } from '../store/tasks/sum-progress.ts';
import {
  insertParts,
  markPlanned,
  type NewPart,
  sumSources,
  type TaskRow,
} from '../store/tasks/task-rows.ts';
import { type SourceSum, tempNeed } from './temp-need.ts';

/** Queues the parts of a task. False when it was planned, or has ended, meanwhile. */
export async function insertPlan(db: Db, task: TaskRow, plan: readonly Work[]): Promise<boolean> {
  if (!(await markPlanned(db, task.id))) return false;
  await insertParts(db, partsOf({ task, plan, sources: await sumSources(db, task.id) }));
  return true;
}

export function partsOf(planned: { task: TaskRow; plan: readonly Work[]; sources: SourceSum }): NewPart[] {
  const { task, plan, sources } = planned;
  return plan.map((work, ordinal) => ({
    ...beginningOf(work, sources),
    id: randomUUIDv7(),
    task_id: task.id,
    user_id: task.user_id,
    ordinal,
    capability: capabilityFor(work),
    requested_node_id: task.requested_node_id,
    work: JSON.stringify({ ...work, password: null }),
    temp_bytes: tempNeed(work, sources),
    priority: ranks[priorityOf(task)],
  }));
}

function beginningOf(work: Work, sources: SourceSum): Pick<NewPart, 'state' | 'waiting_for' | 'progress'> {
  if (work.kind !== 'join-archive') {
    return { state: 'queued', waiting_for: null, progress: JSON.stringify(emptyProgress) };
  }
  return {
    state: 'blocked',
    waiting_for: JSON.stringify({ kind: 'other-parts' } satisfies Waiting),
    // About as much as can be: how large the pieces are is known when they are made.
    progress: JSON.stringify(joinProgress(sources.bytes)),
  };
}

/** A node that knows no pieces would take one for the archive. */
const capabilityFor = (work: Work): Capability =>
  work.kind === 'create-archive' && work.sourceRange !== undefined ? 'join-archive' : work.kind;

/** Of a part that has pieces of so many bytes to join. The entries were counted when the pieces were made. */
export const joinProgress = (bytesTotal: number): Progress => ({
  ...emptyProgress,
  bytesTotal,
  entriesTotal: 0,
});

const ranks: Record<TaskPriority, number> = { low: -1, normal: 0, high: 1 };

const priorityOf = (task: TaskRow): TaskPriority =>
  (JSON.parse(task.request) as { priority?: TaskPriority }).priority ?? 'normal';
