import {
  AppError,
  type ConflictPolicy,
  exactPattern,
  finalTaskStates,
  SubmitTask,
  type Task,
  TaskId,
  UserId,
} from '@longshore/protocol';
import type { Database } from '../database/open-database.ts';
import type { Actor } from '../store/audit/audit-rows.ts';
import { requireTask, type TaskRow } from '../store/tasks/task-rows.ts';
import { listRejectedNames } from '../store/tasks/task-views.ts';
import type { Submission } from './submit-task.ts';

export type Retry = {
  id: TaskId;
  userId: UserId | null;
  byAdmin: boolean;
  node: string | null;
  password: string | null;
  onlyRejected: boolean;
  /** Null for that of the task. */
  conflict: ConflictPolicy | null;
  requestId: string;
  by: Actor;
  idempotencyKey: string | null;
};

/** More names than this are no faster to select than everything is to extract. */
const mostRejected = 1000;

/**
 * Submits what an ended task asked for again, on the files as they are now, as a new task that names the old one.
 * Throws `TASK_NOT_FINAL` while it runs, and `BAD_REQUEST` when nothing was rejected that could be retried alone. A password is not remembered beyond the end of a task: give it again.
 */
export async function retryTask(
  deps: { database: Database; submit: (submission: Submission) => Promise<Task> },
  retry: Retry,
): Promise<Task> {
  const task = await requireTask(deps.database.db, { id: retry.id, userId: retry.userId });
  if (!(finalTaskStates as readonly string[]).includes(task.state)) {
    throw new AppError('TASK_NOT_FINAL', `task ${retry.id} is still ${task.state}`);
  }
  const asked = SubmitTask.parse(JSON.parse(task.request));
  const node = retry.node ?? asked.node;
  const again: SubmitTask =
    asked.kind === 'check'
      ? { ...asked, node }
      : { ...asked, node, conflict: retry.conflict ?? asked.conflict, password: retry.password };
  const request = retry.onlyRejected ? await onlyRejected(deps.database, task, again) : again;
  return deps.submit({
    request,
    userId: UserId.parse(task.user_id),
    byAdmin: retry.byAdmin,
    requestId: retry.requestId,
    idempotencyKey: retry.idempotencyKey,
    retryOf: TaskId.parse(task.id),
    by: retry.by,
    traceparent: null,
  });
}

async function onlyRejected(database: Database, task: TaskRow, request: SubmitTask): Promise<SubmitTask> {
  if (request.kind !== 'extract-archive' || task.rejected_entries === 0) {
    throw new AppError('BAD_REQUEST', `onlyRejected: task ${task.id} has rejected no entries of an archive`);
  }
  if (task.rejected_entries > mostRejected) {
    throw new AppError(
      'BAD_REQUEST',
      `onlyRejected: task ${task.id} has rejected ${task.rejected_entries} entries, more than ${mostRejected}`,
    );
  }
  const names = await listRejectedNames(database.db, task.id);
  return { ...request, select: [...new Set(names.map(exactPattern))] };
}
