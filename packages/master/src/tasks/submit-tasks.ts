import { type BatchResult, type SubmitTask, toErrorInfo } from '@longshore/protocol';
import { chunked } from '../store/chunked.ts';
import type { Accepted, Submission } from './submit-task.ts';

/** What all tasks of a batch have in common. The idempotency key is of the whole batch. */
export type BatchSubmission = Omit<Submission, 'request'>;

/** So many are checked and stored in one go; other transactions may come between. */
const tasksAtOnce = 50;

/**
 * Submits the tasks of a batch at the same moment, so that they share a commit. What is refused is answered with its
 * reason, in its place, and does not stop the others.
 */
export async function submitTasks(
  accept: (submissions: readonly Submission[]) => Promise<Accepted[]>,
  batch: { requests: readonly SubmitTask[]; common: BatchSubmission },
): Promise<BatchResult[]> {
  const { requests, common } = batch;
  const keyOf = (at: number): string | null =>
    common.idempotencyKey === null ? null : `${common.idempotencyKey} ${at}`;
  const submissions = requests.map((request, at) => ({ ...common, request, idempotencyKey: keyOf(at) }));
  const accepted = await Promise.allSettled(chunked(submissions, tasksAtOnce).map(accept));
  return accepted.flatMap((some) => {
    if (some.status === 'rejected') throw some.reason;
    return some.value.map((one) =>
      'refused' in one ? { task: null, error: toErrorInfo(one.refused) } : { task: one.task, error: null },
    );
  });
}
