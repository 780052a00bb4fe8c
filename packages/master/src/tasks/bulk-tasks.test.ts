import { AppError, type Task, TaskId } from '@longshore/protocol';
import { describe, expect, it } from 'vitest';
import { testActor } from '../testing/test-actor.ts';
import { type BulkAction, bulkTasks } from './bulk-tasks.ts';
import type { Retry } from './retry-task.ts';

const [a, b] = [TaskId.parse(crypto.randomUUID()), TaskId.parse(crypto.randomUUID())];
const many = (change: Partial<BulkAction>): BulkAction => ({
  action: 'cancel',
  ids: [a, b],
  userId: null,
  requestId: 'r',
  by: testActor,
  idempotencyKey: null,
  ...change,
});
const view = (id: TaskId) => ({ id }) as Task;
const nothing = () => Promise.reject(new RangeError('not asked for'));

describe('T4 a bulk action', () => {
  it('goes on after a task that cannot be done, and says why', async () => {
    const cancel = async ({ id }: { id: TaskId }) => {
      if (id === a) throw new AppError('TASK_FINAL', 'it has ended');
      return view(id);
    };
    const results = await bulkTasks({ cancel, retry: nothing, remove: nothing }, many({ ids: [a, b, a] }));
    expect(results).toMatchObject([
      { id: a, task: null, error: { code: 'TASK_FINAL' } },
      { id: b, task: { id: b }, error: null },
    ]);
  });

  it('gives each retry a key of its own, so that a repeated request starts nothing twice', async () => {
    const keys: (string | null)[] = [];
    const retry = async ({ id, idempotencyKey }: Retry) => {
      keys.push(idempotencyKey);
      return view(id);
    };
    const use = { cancel: nothing, retry, remove: nothing };
    await bulkTasks(use, many({ action: 'retry', idempotencyKey: 'k' }));
    expect(keys).toEqual([`k ${a}`, `k ${b}`]);
  });

  it('fails as a whole when something is broken', async () => {
    const cancel = () => Promise.reject(new Error('the disk is gone'));
    const use = { cancel, retry: nothing, remove: nothing };
    await expect(bulkTasks(use, many({}))).rejects.toThrow('the disk is gone');
  });
});
