import {
  finalTaskStates,
  type Node,
  type ServerEvent,
  type Task,
  type TaskDetail,
  type User,
} from '@longshore/protocol';
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { TaskPage } from '../queries/task-queries.ts';
import { refreshSoon } from './refresh-soon.ts';

type TaskList = InfiniteData<TaskPage, string | null>;

/** Puts what an event tells into the cache, so that every page that shows it changes at once. */
export function applyEvent(client: QueryClient, me: Pick<User, 'id' | 'name'>, event: ServerEvent): void {
  switch (event.type) {
    case 'task':
      applyTask(client, me, event.task);
      return;
    case 'progress':
      client.setQueryData(['progress', event.taskId], event);
      // Lines of the log travel with what a node reports.
      refreshSoon(client, ['task-log', event.taskId]);
      return;
    case 'task-deleted':
      // A page that shows it says so.
      client.setQueryData<TaskDetail | null>(['task', event.taskId], (shown) =>
        shown === undefined ? undefined : null,
      );
      // An answer that is on its way is older: it would bring the task back.
      refreshSoon(client, ['task', event.taskId]);
      for (const key of ['progress', 'rejected', 'task-log']) {
        client.removeQueries({ queryKey: [key, event.taskId] });
      }
      updateLists(client, (tasks) => tasks.filter((task) => task.id !== event.taskId));
      refreshSoon(client, ['tasks']);
      return;
    case 'files':
      refreshSoon(client, ['files', event.path]);
      refreshSoon(client, ['me']);
      return;
    case 'node':
      if (isNew(client, event.node)) refreshSoon(client, ['nodes']);
      client.setQueryData<Node[]>(['nodes'], (nodes) =>
        nodes?.map((node) => (node.id === event.node.id ? event.node : node)),
      );
      return;
    default:
      event satisfies never;
  }
}

const isNew = (client: QueryClient, { id }: Node): boolean =>
  client.getQueryData<Node[]>(['nodes'])?.every((node) => node.id !== id) ?? false;

function applyTask(client: QueryClient, me: Pick<User, 'id' | 'name'>, task: Task): void {
  let known = false;
  updateLists(client, (tasks) =>
    tasks.map((shown) => {
      known ||= shown.id === task.id;
      return shown.id === task.id ? task : shown;
    }),
  );
  // A task that no list has may belong into one, and one that has changed may no longer match its filter.
  if (!known || isFinal(task)) refreshSoon(client, ['tasks']);
  client.setQueryData<TaskDetail | null>(['task', task.id], (shown) => shown && { ...shown, ...task });
  refreshSoon(client, ['task', task.id]);
  refreshSoon(client, ['task-log', task.id]);
  for (const everybody of [false, true]) {
    if (!everybody && task.user !== me.name) continue;
    client.setQueryData<Task[]>(['active-tasks', everybody], (tasks) => {
      const others = tasks?.filter((shown) => shown.id !== task.id);
      return others && (isFinal(task) ? others : [task, ...others]);
    });
  }
  // An answer that is on its way may be older, and nothing more is told of a task that has ended.
  if (client.isFetching({ queryKey: ['active-tasks'] }) > 0) refreshSoon(client, ['active-tasks']);
}

function updateLists(client: QueryClient, change: (tasks: Task[]) => Task[]): void {
  client.setQueriesData<TaskList>({ queryKey: ['tasks'] }, (list) =>
    list === undefined
      ? undefined
      : { ...list, pages: list.pages.map((page) => ({ ...page, tasks: change(page.tasks) })) },
  );
}

const isFinal = (task: Task): boolean => (finalTaskStates as readonly string[]).includes(task.state);
