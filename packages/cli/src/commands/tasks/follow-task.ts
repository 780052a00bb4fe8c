import { accounts, isFinalTaskState, ServerEvent, Task, type TaskId, tasks } from '@longshore/protocol';
import { z } from 'zod';
import type { Api } from '../../api/api.ts';
import { followEvents } from '../../api/follow-events.ts';
import { CommandError } from '../../errors/command-error.ts';

const [taskEvent, progressEvent] = ServerEvent.options;

/** The events of `GET /api/v1/events` that tell of one task. */
export const WatchedEvent = z.discriminatedUnion('type', [taskEvent, progressEvent]);
export type WatchedEvent = z.infer<typeof WatchedEvent>;
export type Followed = WatchedEvent | { readonly type: 'disconnected' };

/**
 * Everything that happens to a task until it is final, its present state first. Pushed by the master: the task is
 * looked up only when the connection has been made, to close the gap before it.
 */
export async function* followTask(
  api: Api,
  { id, user }: Task,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  const me = await api.call(accounts.me, {}, { signal });
  for await (const followed of followEvents(api, { signal, everybody: user !== me.name })) {
    if (followed.type === 'disconnected') {
      yield followed;
      continue;
    }
    const event = followed.type === 'connected' ? await lookUp(api, id, signal) : followed.event;
    if (event.type === 'task-deleted' && event.taskId === id) {
      throw CommandError.local('TASK_NOT_FOUND', `the task ${id} was deleted`);
    }
    if (event.type === 'progress' && event.taskId === id) yield event;
    if (event.type === 'task' && event.task.id === id) {
      yield event;
      if (isFinalTaskState(event.task.state)) return;
    }
  }
}

async function lookUp(api: Api, id: TaskId, signal: AbortSignal): Promise<WatchedEvent> {
  const detail = await api.call(tasks.showTask, { params: { id } }, { signal });
  return { type: 'task', task: Task.parse(detail) };
}
