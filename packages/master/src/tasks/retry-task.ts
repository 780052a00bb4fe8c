import { AppError, finalTaskStates, SubmitTask, TaskId, UserId } from '@longshore/protocol';
import { requireTask, type TaskRow } from '../store/tasks/task-rows.ts';
import { type SubmitDeps, submitTask } from './submit-task.ts';

/**
 * Submits what an ended task asked for again, on the files as they are now, as a new task that names the old one.
 * Throws `TASK_NOT_FINAL` while it runs. A password is not remembered beyond the end of a task: give it again.
 */
export async function retryTask(
  deps: SubmitDeps,
  retry: {
    id: TaskId;
    userId: UserId | null;
    node: string | null;
    password: string | null;
    requestId: string;
    idempotencyKey: string | null;
  },
): Promise<TaskRow> {
  const task = await requireTask(deps.database.db, { id: retry.id, userId: retry.userId });
  if (!(finalTaskStates as readonly string[]).includes(task.state)) {
    throw new AppError('TASK_NOT_FINAL', `task ${retry.id} is still ${task.state}`);
  }
  const asked = SubmitTask.parse(JSON.parse(task.request));
  const node = retry.node ?? asked.node;
  const request: SubmitTask = { ...asked, node, password: retry.password };
  return submitTask(deps, {
    request,
    userId: UserId.parse(task.user_id),
    requestId: retry.requestId,
    idempotencyKey: retry.idempotencyKey,
    retryOf: TaskId.parse(task.id),
  });
}
