import {
  AppError,
  type ErrorInfo,
  isErrorCode,
  isFinalPartState,
  type Limits,
  SubmitTask,
  type TaskState,
  toErrorInfo,
} from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { taskOutputLimit } from '../scheduling/attempt-limits.ts';
import { findTaskAllowance } from '../store/accounts/allowance.ts';
import { cancelParts, type Holder, unblockPart } from '../store/parts/outcomes.ts';
import { countRejected, listPartStates, sumOutputs } from '../store/parts/report-rows.ts';
import { endTasks, lockOpenTasks, sumSources, type TaskEnd, type TaskRow } from '../store/tasks/task-rows.ts';
import { listRejectedEntries } from '../store/tasks/task-views.ts';
import { joinProgress } from './plan-parts.ts';
import { publishTask } from './publish-task.ts';

/** A task that has ended. */
export type Settled = {
  readonly task: TaskRow;
  readonly state: Exclude<TaskState, 'queued' | 'running' | 'canceled'>;
  /** Attempts that nodes must be told to stop. */
  readonly stopped: readonly Holder[];
  /** The folder in which outputs appeared, or null. */
  readonly changedFolder: string | null;
};

/**
 * Ends those of the tasks whose parts have ended, or of which one has failed, in the caller's transaction. The outputs
 * become files in the same transaction in which the task becomes completed: they are visible all at once, and only once,
 * however often and by however many masters this is called. A conflict or a full quota at that moment fails the
 * task and publishes nothing. Where the part that joins the others is all that is left, it is queued. Answers the tasks
 * that have ended here.
 */
export async function settleTasks(
  tx: Db,
  taskIds: readonly string[],
  deps: {
    limits: Limits;
    /** Tasks that have begun in this transaction, which is not written yet. */
    startedTasks?: ReadonlySet<string>;
  },
): Promise<Settled[]> {
  if (taskIds.length === 0) return [];
  // What is read after the lock, though asked for at once.
  const [open, states, rejected] = await Promise.all([
    lockOpenTasks(tx, taskIds),
    listPartStates(tx, taskIds),
    countRejected(tx, taskIds),
  ]);
  const tasks = open.filter((task) => task.planned === 1);
  if (tasks.length === 0) return [];
  const parts = Map.groupBy(states, (part) => part.task_id);
  const settled: Settled[] = [];
  const ends: TaskEnd[] = [];
  for (const task of tasks) {
    const found = { parts: parts.get(task.id) ?? [], rejectedEntries: rejected.get(task.id) ?? 0 };
    const one = await settle(tx, task, { ...found, limits: deps.limits, ends });
    if (one !== null) settled.push(one);
  }
  const { startedTasks } = deps;
  await endTasks(
    tx,
    ends.map((end) => ({ ...end, startsNow: startedTasks?.has(end.taskId) ?? false })),
  );
  return settled;
}

type Ending = {
  parts: Awaited<ReturnType<typeof listPartStates>>;
  rejectedEntries: number;
  limits: Limits;
  /** Of all tasks of the call, to be written together; added to. */
  ends: TaskEnd[];
};

async function settle(tx: Db, task: TaskRow, ending: Ending): Promise<Settled | null> {
  const { parts, rejectedEntries, ends } = ending;
  const failed = parts.find((part) => part.state === 'failed');
  if (failed !== undefined) {
    const error = JSON.parse(failed.error ?? 'null') as ErrorInfo | null;
    return fail(tx, task, { error, rejectedEntries, ends });
  }
  // The part that joins is the last of them.
  const next = parts.find((part) => !isFinalPartState(part.state));
  if (next !== undefined && next.state !== 'blocked') return null;
  try {
    if (next !== undefined) {
      const nothing = await whyNoPieces(tx, task, rejectedEntries);
      if (nothing !== null) return await fail(tx, task, { error: nothing, rejectedEntries, ends });
      const { bytes } = await sumOutputs(tx, task.id);
      await requireOutputWithin(tx, { task, limits: ending.limits, bytes });
      await unblockPart(tx, { partId: next.id, progress: joinProgress(bytes) });
      return null;
    }
    if (task.kind === 'extract-archive') {
      const stored = await sumOutputs(tx, task.id);
      const nothing = stored.count === 0 ? whyNothing(task, parts, rejectedEntries) : null;
      if (nothing !== null) return await fail(tx, task, { error: nothing, rejectedEntries, ends });
      if (parts.length > 1) {
        await requireOutputWithin(tx, { task, limits: ending.limits, bytes: stored.bytes });
      }
    }
    const { outputs, changedFolder } = await publishTask(tx, task);
    const state = rejectedEntries > 0 ? 'completed-with-errors' : 'completed';
    ends.push({ taskId: task.id, state, error: null, rejectedEntries, outputs });
    return { task, state, stopped: [], changedFolder };
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.retryable) throw thrown;
    return fail(tx, task, { error: toErrorInfo(thrown), rejectedEntries, ends });
  }
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

/** What was wrong with the first file, when not one of all files of the pieces could be read. */
async function whyNoPieces(tx: Db, task: TaskRow, rejectedEntries: number): Promise<ErrorInfo | null> {
  if (rejectedEntries === 0 || rejectedEntries < (await sumSources(tx, task.id)).files) return null;
  const { entries } = await listRejectedEntries(tx, { taskId: task.id, offset: 0, limit: 1 });
  const [first] = entries;
  if (first === undefined) return null;
  const code = isErrorCode(first.code) ? first.code : 'INTERNAL';
  return toErrorInfo(new AppError(code, first.message));
}

/** Each part kept within the limit of the task; here it is held against all of them. Throws `BUDGET_EXCEEDED`. */
async function requireOutputWithin(
  tx: Db,
  { task, limits, bytes }: { task: TaskRow; limits: Limits; bytes: number },
): Promise<void> {
  const allowance = await findTaskAllowance(tx, task.id);
  if (allowance === undefined || bytes <= taskOutputLimit(limits, allowance, task.kind)) return;
  const value = taskOutputLimit(limits, allowance, task.kind);
  const what = task.kind === 'extract-archive' ? 'the archive unpacks to' : 'the archive would have';
  const message = `${what} ${bytes} bytes, more than ${value} (maxOutputBytes)`;
  throw new AppError('BUDGET_EXCEEDED', message, { details: { limit: 'maxOutputBytes', value } });
}

async function fail(
  tx: Db,
  task: TaskRow,
  failure: Pick<TaskEnd, 'error' | 'rejectedEntries'> & Pick<Ending, 'ends'>,
): Promise<Settled> {
  const stopped = await cancelParts(tx, task.id);
  const { error, rejectedEntries, ends } = failure;
  ends.push({ taskId: task.id, state: 'failed', error, rejectedEntries, outputs: [] });
  return { task, state: 'failed', stopped, changedFolder: null };
}
