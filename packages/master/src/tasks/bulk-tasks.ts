import {
  AppError,
  type BulkResult,
  type Task,
  type TaskId,
  toErrorInfo,
  type UserId,
} from '@longshore/protocol';
import type { Actor } from '../store/audit/audit-rows.ts';
import type { Retry } from './retry-task.ts';

export type BulkAction = {
  action: 'cancel' | 'retry' | 'delete';
  ids: readonly TaskId[];
  /** Null for anybody's tasks. */
  userId: UserId | null;
  requestId: string;
  by: Actor;
  /** Of the whole request; null for none. */
  idempotencyKey: string | null;
};

type Scope = { id: TaskId; userId: UserId | null; by: Actor };

/** One task after the other. What cannot be done is answered with its reason and does not stop the others. */
export async function bulkTasks(
  use: {
    cancel: (scope: Scope) => Promise<Task>;
    retry: (retry: Retry) => Promise<Task>;
    remove: (scope: Scope) => Promise<void>;
  },
  many: BulkAction,
): Promise<BulkResult[]> {
  const { action, userId, requestId, by } = many;
  const act = async (id: TaskId): Promise<Task | null> => {
    const scope = { id, userId, by };
    switch (action) {
      case 'cancel':
        return use.cancel(scope);
      case 'retry': {
        const idempotencyKey = many.idempotencyKey === null ? null : `${many.idempotencyKey} ${id}`;
        const asBefore = {
          node: null,
          byAdmin: userId === null,
          password: null,
          onlyRejected: false,
          conflict: null,
        };
        return use.retry({ ...scope, ...asBefore, requestId, idempotencyKey });
      }
      case 'delete':
        await use.remove(scope);
        return null;
      default:
        throw new RangeError(action satisfies never);
    }
  };
  const results: BulkResult[] = [];
  for (const id of new Set(many.ids)) {
    try {
      results.push({ id, task: await act(id), error: null });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      results.push({ id, task: null, error: toErrorInfo(error) });
    }
  }
  return results;
}
