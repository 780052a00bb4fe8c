import { AppError, type TaskId, type UserId } from '@longshore/protocol';
import type { Database } from '../database/open-database.ts';
import type { TaskMeter } from '../metrics/task-meter.ts';
import type { Actor } from '../store/audit/audit-rows.ts';
import { cancelParts, type Holder } from '../store/parts/outcomes.ts';
import { countRejected } from '../store/parts/report-rows.ts';
import { endTasks, lockOpenTasks, requireTask, type TaskRow } from '../store/tasks/task-rows.ts';
import { recordForeignTask } from './record-foreign-task.ts';
import type { TaskAnnouncer } from './task-announcer.ts';

export type CancelDeps = {
  database: Database;
  announcer: Pick<TaskAnnouncer, 'changed'>;
  meter: Pick<TaskMeter, 'attemptEnded' | 'taskEnded'>;
  /** Tells nodes to stop attempts that are fenced off already; heartbeats repeat it to a node that misses it. */
  stopAttempts: (holders: readonly Holder[], reason: 'user' | 'lease-lost') => void;
};

/**
 * Cancels a task in any phase, at once: from this moment nothing that any node reports or stores for it counts, so
 * the task is over even when its node cannot be reached. Canceling a canceled task is no error; a task that ended
 * otherwise answers `TASK_FINAL`.
 */
export async function cancelTask(
  deps: CancelDeps,
  options: { id: TaskId; userId: UserId | null; by: Actor },
): Promise<TaskRow> {
  const { database } = deps;
  const { id } = options;
  const asked = await requireTask(database.db, options);
  const stopped = await database.transaction(async (tx) => {
    if ((await lockOpenTasks(tx, [id])).length === 0) return undefined;
    const holders = await cancelParts(tx, id);
    const rejectedEntries = (await countRejected(tx, [id])).get(id) ?? 0;
    const end = { taskId: id, state: 'canceled', error: null, rejectedEntries, outputs: [] } as const;
    await endTasks(tx, [{ ...end, startsNow: false }]);
    await recordForeignTask(tx, options.by, { action: 'task.cancel', task: asked });
    await deps.announcer.changed(tx, id);
    return holders;
  });
  const task = await requireTask(database.db, options);
  if (stopped === undefined) {
    if (task.state !== 'canceled') throw new AppError('TASK_FINAL', `task ${id} is ${task.state}`);
    return task;
  }
  deps.meter.taskEnded(task);
  for (const { nodeId } of stopped) deps.meter.attemptEnded({ nodeId, outcome: 'canceled', code: null });
  deps.stopAttempts(stopped, 'user');
  return task;
}
