import { AppError, type BatchResult, type SubmitTask, type Task, toErrorInfo } from '@longshore/protocol';
import type { Submission } from './submit-task.ts';

/** What all tasks of a batch have in common. The idempotency key is of the whole batch. */
export type BatchSubmission = Omit<Submission, 'request'>;

/**
 * Submits the tasks of a batch at the same moment, so that they share a commit. What is refused is answered with its
 * reason, in its place, and does not stop the others.
 */
export async function submitTasks(
  submit: (submission: Submission) => Promise<Task>,
  batch: { requests: readonly SubmitTask[]; common: BatchSubmission },
): Promise<BatchResult[]> {
  const { requests, common } = batch;
  const keyOf = (at: number): string | null =>
    common.idempotencyKey === null ? null : `${common.idempotencyKey} ${at}`;
  const submitted = await Promise.allSettled(
    requests.map((request, at) => submit({ ...common, request, idempotencyKey: keyOf(at) })),
  );
  return submitted.map((result) => {
    if (result.status === 'fulfilled') return { task: result.value, error: null };
    if (!(result.reason instanceof AppError)) throw result.reason;
    return { task: null, error: toErrorInfo(result.reason) };
  });
}
