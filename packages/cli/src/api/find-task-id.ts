import { TaskId, tasks } from '@longshore/protocol';
import { CommandError } from '../errors/command-error.ts';
import type { Api } from './api.ts';

/** Tasks are looked through newest first, this many at most. */
const pageSize = 500;
const maxPages = 20;

/**
 * The task that `text` names: its id, or the beginning of the id of exactly one task. Your own tasks are looked
 * through first, then, for administrators, everybody's.
 */
export async function findTaskId(api: Api, text: string): Promise<TaskId> {
  const whole = TaskId.safeParse(text.toLowerCase());
  if (whole.success) return whole.data;
  const prefix = text.toLowerCase();
  if (!/^[0-9a-f][0-9a-f-]{0,35}$/.test(prefix)) {
    throw CommandError.local('USAGE', `"${text}" is not the id of a task`, {
      hint: 'List your tasks with `longshore tasks ls`.',
    });
  }
  const found = (await matching(api, prefix, 'false')) ?? (await matchingOfEverybody(api, prefix));
  if (found === undefined) {
    throw CommandError.local('TASK_NOT_FOUND', `no task has an id that begins with ${prefix}`);
  }
  return found;
}

async function matchingOfEverybody(api: Api, prefix: string): Promise<TaskId | undefined> {
  try {
    return await matching(api, prefix, 'true');
  } catch (error) {
    if (error instanceof CommandError && error.code === 'FORBIDDEN') return undefined;
    throw error;
  }
}

async function matching(api: Api, prefix: string, everybody: 'true' | 'false'): Promise<TaskId | undefined> {
  const found: TaskId[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const { tasks: listed, next } = await api.call(tasks.listTasks, {
      query: { everybody, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) },
    });
    for (const task of listed) if (task.id.startsWith(prefix)) found.push(task.id);
    if (found.length > 1) {
      throw CommandError.local('ID_AMBIGUOUS', `several tasks have an id that begins with ${prefix}`);
    }
    if (next === null) break;
    cursor = next;
  }
  return found[0];
}
