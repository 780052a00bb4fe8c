import {
  AppError,
  type ErrorInfo,
  isFinalPartState,
  type Limits,
  SubmitTask,
  type TaskState,
  toErrorInfo,
} from '@longshore/protocol';
import type { Database, Db } from '../database/open-database.ts';
import { withSavepoint } from '../database/savepoint.ts';
import { taskOutputLimit } from '../scheduling/attempt-limits.ts';
import { findTaskAllowance } from '../store/accounts/allowance.ts';
import { cancelParts, type Holder } from '../store/parts/outcomes.ts';
import { countRejected, listPartStates, sumOutputs } from '../store/parts/report-rows.ts';
import { endTask, lockOpenTask, type TaskRow } from '../store/tasks/task-rows.ts';
import { publishTask } from './publish-task.ts';

export type Settled =
  | { readonly ended: false }
  | {
      readonly ended: true;
      readonly task: TaskRow;
      readonly state: Exclude<TaskState, 'queued' | 'running' | 'canceled'>;
      /** Attempts that nodes must be told to stop. */
      readonly stopped: readonly Holder[];
      /** The folder in which outputs appeared, or null. */
      readonly changedFolder: string | null;
    };

/**
 * Ends a task whose parts have ended, or of which one has failed, in the caller's transaction. The outputs become
 * files in the same transaction in which the task becomes completed: they are visible all at once, and only once,
 * however often and by however many masters this is called. A conflict or a full quota at that moment fails the
 * task and publishes nothing.
 */
export async function settleTask(
  tx: Db,
  taskId: string,
  deps: { dialect: Database['dialect']; limits: Limits },
): Promise<Settled> {
  const task = await lockOpenTask(tx, taskId, deps.dialect);
  if (task === undefined || task.planned === 0) return { ended: false };
  try {
    return await withSavepoint(tx, () => settle(tx, task, deps.limits));
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.retryable) throw thrown;
    return fail(tx, task, toErrorInfo(thrown));
  }
}

async function settle(tx: Db, task: TaskRow, limits: Limits): Promise<Settled> {
  const taskId = task.id;
  const parts = await listPartStates(tx, taskId);
  const failed = parts.find((part) => part.state === 'failed');
  if (failed !== undefined) return fail(tx, task, JSON.parse(failed.error ?? 'null') as ErrorInfo | null);
  if (!parts.every((part) => isFinalPartState(part.state))) return { ended: false };
  const rejectedEntries = await countRejected(tx, taskId);
  if (task.kind === 'extract-archive') {
    const stored = await sumOutputs(tx, taskId);
    if (stored.count === 0) {
      const nothing = whyNothing(task, parts, rejectedEntries);
      if (nothing !== null) return fail(tx, task, nothing);
    }
    if (parts.length > 1) await requireOutputWithin(tx, { task, limits, bytes: stored.bytes });
  }
  const { outputs, changedFolder } = await publishTask(tx, task);
  const state = rejectedEntries > 0 ? 'completed-with-errors' : 'completed';
  await endTask(tx, { taskId, state, error: null, rejectedEntries, outputs });
  return { ended: true, task, state, stopped: [], changedFolder };
}

/**
 * Why the shares of an extraction that have all ended well have stored nothing at all, when that is a failure: a share
 * alone cannot tell.
 */
function whyNothing(
  task: TaskRow,
  parts: Awaited<ReturnType<typeof listPartStates>>,
  rejectedEntries: number,
): ErrorInfo | null {
  const unread = parts.find((part) => part.error !== null);
  if (unread !== undefined) return JSON.parse(unread.error ?? 'null') as ErrorInfo;
  const request = SubmitTask.parse(JSON.parse(task.request));
  const selectsAll = request.kind !== 'extract-archive' || request.select.length === 0;
  if (selectsAll || rejectedEntries > 0) return null;
  return toErrorInfo(new AppError('NOTHING_SELECTED', 'no entry of the archive matches the selection'));
}

/** Each part kept within the limit of the task; here it is held against all of them. Throws `BUDGET_EXCEEDED`. */
async function requireOutputWithin(
  tx: Db,
  { task, limits, bytes }: { task: TaskRow; limits: Limits; bytes: number },
): Promise<void> {
  const allowance = await findTaskAllowance(tx, task.id);
  if (allowance === undefined || bytes <= taskOutputLimit(limits, allowance, task.kind)) return;
  const value = taskOutputLimit(limits, allowance, task.kind);
  const message = `the archive unpacks to ${bytes} bytes, more than ${value} (maxOutputBytes)`;
  throw new AppError('BUDGET_EXCEEDED', message, { details: { limit: 'maxOutputBytes', value } });
}

async function fail(tx: Db, task: TaskRow, error: ErrorInfo | null): Promise<Settled> {
  const stopped = await cancelParts(tx, task.id);
  const rejectedEntries = await countRejected(tx, task.id);
  await endTask(tx, { taskId: task.id, state: 'failed', error, rejectedEntries, outputs: [] });
  return { ended: true, task, state: 'failed', stopped, changedFolder: null };
}
