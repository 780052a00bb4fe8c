import type { ServerEvent } from '@longshore/protocol';
import { type Progress, TaskId, UserId } from '@longshore/protocol';
import type { Database } from '../database/open-database.ts';
import { listPartStates } from '../store/parts/report-rows.ts';
import { sumProgress } from '../store/tasks/sum-progress.ts';
import { findTask } from '../store/tasks/task-rows.ts';
import { viewTasks } from '../store/tasks/task-views.ts';
import { createSpeedMeter } from './speed-meter.ts';

/** Tells people what becomes of their tasks. */
export type TaskAnnouncer = {
  /** The state of a task, or something else that its row shows, has changed. */
  changed(taskId: string): Promise<void>;
  progressed(taskId: string): Promise<void>;
  deleted(tasks: readonly { id: string; userId: string }[]): Promise<void>;
  /** Present progress of a task, as an event. */
  progressOf(taskId: string): Promise<ServerEvent>;
};

export function createTaskAnnouncer(deps: {
  database: Database;
  clock: { monotonicMs(): number };
  publish: (userId: UserId, event: ServerEvent) => Promise<void>;
}): TaskAnnouncer {
  const { database, publish } = deps;
  const meter = createSpeedMeter(deps.clock);

  const progressOf = async (taskId: string): Promise<ServerEvent> => {
    const parts = await listPartStates(database.db, taskId);
    const progress = sumProgress(parts.map((part) => JSON.parse(part.progress) as Progress));
    return { type: 'progress', taskId: TaskId.parse(taskId), progress, ...meter.measure(taskId, progress) };
  };

  return {
    progressOf,
    changed: async (taskId) => {
      const row = await findTask(database.db, taskId);
      if (row === undefined) return;
      const [task] = await viewTasks(database.db, [row]);
      if (task === undefined) return;
      if (task.finishedAtMs !== null) meter.forget(taskId);
      await publish(UserId.parse(row.user_id), { type: 'task', task });
    },
    progressed: async (taskId) => {
      const row = await findTask(database.db, taskId);
      if (row !== undefined) await publish(UserId.parse(row.user_id), await progressOf(taskId));
    },
    deleted: async (tasks) => {
      for (const task of tasks) {
        meter.forget(task.id);
        await publish(UserId.parse(task.userId), { type: 'task-deleted', taskId: TaskId.parse(task.id) });
      }
    },
  };
}
