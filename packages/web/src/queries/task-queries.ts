import type {
  ServerEvent,
  Task,
  TaskDetail,
  TaskId,
  TaskKind,
  TaskLogLine,
  TaskState,
} from '@longshore/protocol';
import { tasks } from '@longshore/protocol';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../api/call.ts';

export type TaskFilter = {
  kind?: TaskKind[] | undefined;
  state?: TaskState[] | undefined;
  node?: string | undefined;
  user?: string | undefined;
  requestId?: string | undefined;
  /** Created within this many hours. */
  hours?: number | undefined;
  everybody?: boolean | undefined;
};

export type TaskPage = { tasks: Task[]; next: string | null };
export type LiveProgress = Extract<ServerEvent, { type: 'progress' }>;

const hourMs = 3_600_000;

const toQuery = ({ hours, everybody, ...filter }: TaskFilter) => ({
  ...Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== '')),
  ...(hours === undefined ? {} : { createdAfterMs: Date.now() - hours * hourMs }),
  everybody: everybody === true ? ('true' as const) : ('false' as const),
});

export const tasksQuery = (filter: TaskFilter) =>
  infiniteQueryOptions({
    queryKey: ['tasks', filter],
    queryFn: ({ pageParam, signal }): Promise<TaskPage> =>
      call(
        tasks.listTasks,
        { query: { ...toQuery(filter), ...(pageParam === null ? {} : { cursor: pageParam }) } },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** Unfinished tasks: what the tab title counts. */
export const activeTasksQuery = (everybody: boolean) =>
  queryOptions({
    queryKey: ['active-tasks', everybody],
    queryFn: async ({ signal }) =>
      (
        await call(
          tasks.listTasks,
          {
            query: { state: ['queued', 'running'], limit: 500, everybody: everybody ? 'true' : 'false' },
          },
          { signal },
        )
      ).tasks,
  });

/** Null once an event has told that the task was deleted. */
export const taskQuery = (id: TaskId) =>
  queryOptions({
    queryKey: ['task', id],
    queryFn: ({ signal }): Promise<TaskDetail | null> => call(tasks.showTask, { params: { id } }, { signal }),
  });

export const rejectedQuery = (id: TaskId) =>
  infiniteQueryOptions({
    queryKey: ['rejected', id],
    queryFn: ({ pageParam, signal }) =>
      call(tasks.listRejected, { params: { id }, query: { offset: pageParam, limit: 200 } }, { signal }),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next,
  });

export type TaskLog = { lines: TaskLogLine[]; cursor: string };

/** What the nodes have logged about a task. Asked again, it brings only what is new. */
export const taskLogQuery = (id: TaskId) =>
  queryOptions({
    queryKey: ['task-log', id],
    queryFn: async ({ client, queryKey, signal }): Promise<TaskLog> => {
      let log = client.getQueryData<TaskLog>(queryKey) ?? { lines: [], cursor: '0' };
      for (let more = true; more; ) {
        const query = { cursor: log.cursor, limit: 1000 };
        const page = await call(tasks.readTaskLog, { params: { id }, query }, { signal });
        log = { lines: [...log.lines, ...page.lines], cursor: page.cursor };
        more = page.more;
      }
      return log;
    },
  });

/** Filled by events alone. */
export const progressQuery = (id: TaskId) =>
  queryOptions({
    queryKey: ['progress', id],
    queryFn: (): LiveProgress | null => null,
    initialData: null,
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
