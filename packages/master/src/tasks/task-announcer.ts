import { type Progress, type ServerEvent, type Task, TaskId, UserId } from '@longshore/protocol';
import type { Database, Db } from '../database/open-database.ts';
import type { EventHub } from '../events/event-hub.ts';
import { listPartStates } from '../store/parts/report-rows.ts';
import { sumProgress } from '../store/tasks/sum-progress.ts';
import { findTask, findTasks, listOpenTasks, requireTask, type TaskRow } from '../store/tasks/task-rows.ts';
import { viewNewTask, viewTask, viewTasks } from '../store/tasks/task-views.ts';
import { createSpeedMeter } from './speed-meter.ts';

/** Tells people what becomes of their tasks. */
export type TaskAnnouncer = {
  /** A task was inserted in this transaction. Answers what was told. */
  submitted(tx: Db, row: TaskRow, userName: string): Task;
  /**
   * The state of a task, or something else that its row shows, has changed. Part of the transaction that changes
   * it, as its last step: whoever was told has been told the truth. Answers what was told.
   */
  changed(tx: Db, taskId: string): Promise<Task>;
  /** The same for many tasks, which are read together. */
  manyChanged(tx: Db, taskIds: readonly string[]): Promise<void>;
  deleted(tx: Db, task: { id: string; userId: string }): Promise<void>;
  /** Not stored, and superseded by the next. */
  progressed(taskId: string): Promise<void>;
  /** Progress of everything unfinished of a user, or of all users for null, for a stream that has just begun. */
  currentProgress(userId: string | null): Promise<ServerEvent[]>;
};

export function createTaskAnnouncer(deps: {
  database: Database;
  clock: { monotonicMs(): number };
  hub: Pick<EventHub, 'publish' | 'recordEvent'>;
}): TaskAnnouncer {
  const { database, hub } = deps;
  const meter = createSpeedMeter(deps.clock);

  const progressOf = async (taskId: string): Promise<ServerEvent> => {
    const parts = await listPartStates(database.db, [taskId]);
    const progress = sumProgress(parts.map((part) => JSON.parse(part.progress) as Progress));
    return { type: 'progress', taskId: TaskId.parse(taskId), progress, ...meter.measure(taskId, progress) };
  };

  const tell = (tx: Db, row: TaskRow, task: Task): void => {
    if (task.finishedAtMs !== null) meter.forget(task.id);
    hub.recordEvent(tx, { userId: UserId.parse(row.user_id), event: { type: 'task', task } });
  };

  return {
    submitted: (tx, row, userName) => {
      const task = viewNewTask(row, userName);
      tell(tx, row, task);
      return task;
    },
    changed: async (tx, taskId) => {
      const row = await requireTask(tx, { id: TaskId.parse(taskId), userId: null });
      const task = await viewTask(tx, row);
      tell(tx, row, task);
      return task;
    },
    manyChanged: async (tx, taskIds) => {
      const rows = await findTasks(tx, taskIds);
      for (const [at, task] of (await viewTasks(tx, rows)).entries()) tell(tx, rows[at] as TaskRow, task);
    },
    deleted: async (tx, task) => {
      meter.forget(task.id);
      const event = { type: 'task-deleted', taskId: TaskId.parse(task.id) } as const;
      hub.recordEvent(tx, { userId: UserId.parse(task.userId), event });
    },
    progressed: async (taskId) => {
      const row = await findTask(database.db, taskId);
      if (row !== undefined) await hub.publish(UserId.parse(row.user_id), await progressOf(taskId));
    },
    currentProgress: async (userId) => {
      const open = await listOpenTasks(database.db, userId);
      return Promise.all(open.map((task) => progressOf(task.id)));
    },
  };
}
