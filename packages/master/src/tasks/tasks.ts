import {
  AppError,
  type BatchResult,
  type BulkResult,
  type EndpointOutput,
  type RejectedEntry,
  type SubmitTask,
  type Task,
  type TaskDetail,
  type TaskId,
  type TaskState,
  type tasks as taskEndpoints,
  type UserId,
} from '@longshore/protocol';
import type { z } from 'zod';
import type { Db } from '../database/open-database.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import { listLogLines } from '../store/parts/log-rows.ts';
import { deleteEndedTask, deleteEndedTasks, requireTask } from '../store/tasks/task-rows.ts';
import {
  listRejectedEntries,
  listTasks,
  type TaskFilter,
  viewTask,
  viewTaskDetail,
} from '../store/tasks/task-views.ts';
import { type BulkAction, bulkTasks } from './bulk-tasks.ts';
import { type CancelDeps, cancelTask } from './cancel-task.ts';
import { gatherSubmissions } from './gather-submissions.ts';
import { recordForeignTask } from './record-foreign-task.ts';
import { type Retry, retryTask } from './retry-task.ts';
import { acceptTasks, type Submission, type SubmitDeps } from './submit-task.ts';
import { type BatchSubmission, submitTasks } from './submit-tasks.ts';
import type { TaskAnnouncer } from './task-announcer.ts';

/** A task within the reach of the caller: `userId` null means anybody's. */
type Scope = { id: TaskId; userId: UserId | null };
type Act = Scope & { by: Actor };

/** Everything people can do with tasks. */
export type Tasks = {
  submit(submission: Submission): Promise<Task>;
  submitMany(requests: readonly SubmitTask[], common: BatchSubmission): Promise<BatchResult[]>;
  list(filter: TaskFilter): Promise<EndpointOutput<(typeof taskEndpoints)['listTasks']>>;
  show(scope: Scope): Promise<TaskDetail>;
  rejected(scope: Scope & { offset: number; limit: number }): Promise<{
    entries: RejectedEntry[];
    next: number | null;
  }>;
  log(
    scope: Scope & z.output<(typeof taskEndpoints.readTaskLog)['query']>,
  ): Promise<EndpointOutput<(typeof taskEndpoints)['readTaskLog']>>;
  cancel(act: Act): Promise<Task>;
  retry(retry: Retry): Promise<Task>;
  /** The same action on each of these tasks; every one succeeds or fails by itself. */
  bulk(many: BulkAction): Promise<BulkResult[]>;
  remove(act: Act): Promise<void>;
  cleanUp(which: {
    by: Actor;
    userId: UserId | null;
    olderThanSeconds: number;
    states: readonly Exclude<TaskState, 'queued' | 'running'>[];
  }): Promise<number>;
};

export function createTasks(deps: SubmitDeps & CancelDeps & { announcer: TaskAnnouncer }): Tasks {
  const { db } = deps.database;
  const cancel: Tasks['cancel'] = async (act) => viewTask(db, await cancelTask(deps, act));
  const { isUnavailable } = deps.database;
  const accept = gatherSubmissions((submissions) => acceptTasks(deps, submissions), isUnavailable);
  const submit: Tasks['submit'] = async (submission) => {
    const accepted = await accept(submission);
    if ('refused' in accepted) throw accepted.refused;
    return accepted.task;
  };
  const retry: Tasks['retry'] = (wanted) => retryTask({ database: deps.database, submit }, wanted);
  const remove: Tasks['remove'] = async (act) => {
    const task = await requireTask(db, act);
    await deps.database.transaction(async (tx) => {
      if (!(await deleteEndedTask(tx, act))) {
        throw new AppError('TASK_NOT_FINAL', `task ${task.id} is still ${task.state}`);
      }
      await recordForeignTask(tx, act.by, { action: 'task.delete', task });
      await deps.announcer.deleted(tx, { id: task.id, userId: task.user_id });
    });
  };
  return {
    submit,
    submitMany: (requests, common) =>
      submitTasks((submissions) => acceptTasks(deps, submissions), { requests, common }),
    list: (filter) => listTasks(db, filter),
    show: async (scope) => viewTaskDetail(db, await requireTask(db, scope)),
    rejected: async ({ offset, limit, ...scope }) => {
      const task = await requireTask(db, scope);
      return listRejectedEntries(db, { taskId: task.id, offset, limit });
    },
    log: async ({ part, attempt, cursor, limit, ...scope }) => {
      const { id: taskId } = await requireTask(db, scope);
      const { lines, last, more } = await listLogLines(db, {
        taskId,
        part,
        attempt,
        after: Number(cursor),
        limit,
      });
      return { lines, cursor: String(last), more };
    },
    cancel,
    retry,
    remove,
    bulk: (many) => bulkTasks({ cancel, retry, remove }, many),
    cleanUp: (which) =>
      deps.database.transaction(async (tx) => {
        const deleted = await deleteEndedTasks(tx, which);
        if (which.userId === null) await recordCleanUp(tx, which, deleted.length);
        for (const task of deleted) await deps.announcer.deleted(tx, task);
        return deleted.length;
      }),
  };
}

const recordCleanUp = (
  tx: Db,
  { by, olderThanSeconds, states }: Parameters<Tasks['cleanUp']>[0],
  deleted: number,
): Promise<void> =>
  recordAudit(tx, by, {
    action: 'task.clean-up',
    object: null,
    after: { olderThanSeconds, states, deleted },
  });
