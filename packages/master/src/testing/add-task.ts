import type { PartState, TaskState } from '@longshore/protocol';
import { type Db, nowMs } from '../database/open-database.ts';

export type TestTask = { taskId: string; partId: string; attempt: number };

/** A task with one part, which a node holds unless another state is given. */
export async function addTask(
  db: Db,
  options: { userId: string; state?: TaskState; partState?: PartState; attempt?: number },
): Promise<TestTask> {
  const { userId, state = 'running', partState = 'running', attempt = 1 } = options;
  const taskId = crypto.randomUUID();
  const partId = crypto.randomUUID();
  await db
    .insertInto('tasks')
    .values({
      id: taskId,
      user_id: userId,
      kind: 'extract-archive',
      state,
      request: '{}',
      title: 'test',
      request_id: 'test',
      request_hash: '',
      planned: 1,
      destination: '/',
      conflict: 'fail',
      rejected_entries: 0,
      outputs: '[]',
      created_at_ms: nowMs,
    })
    .execute();
  await db
    .insertInto('parts')
    .values({
      id: partId,
      task_id: taskId,
      user_id: userId,
      ordinal: 0,
      capability: 'extract-archive',
      work: '{}',
      state: partState,
      attempt,
      delivered: 1,
      not_before_ms: 0,
      avoid_nodes: '[]',
      lost_leases: 0,
      progress: '{}',
      created_at_ms: nowMs,
    })
    .execute();
  return { taskId, partId, attempt };
}
