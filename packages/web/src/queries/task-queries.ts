import type { ServerEvent, Task, TaskId, TaskKind, TaskState } from '@longshore/protocol';
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

export const taskQuery = (id: TaskId) =>
  queryOptions({
    queryKey: ['task', id],
    queryFn: ({ signal }) => call(tasks.showTask, { params: { id } }, { signal }),
  });

export const rejectedQuery = (id: TaskId) =>
  infiniteQueryOptions({
    queryKey: ['rejected', id],
    queryFn: ({ pageParam, signal }) =>
      call(tasks.listRejected, { params: { id }, query: { offset: pageParam, limit: 200 } }, { signal }),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next,
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

/** Ended and running tasks of a day, for the dashboard: at most two thousand. */
export const dayTasksQuery = queryOptions({
  queryKey: ['day-tasks'],
  queryFn: async ({ signal }): Promise<Task[]> => {
    const all: Task[] = [];
    const createdAfterMs = Date.now() - 24 * hourMs;
    for (let cursor: string | null = ''; cursor !== null && all.length < 2_000; ) {
      const page: TaskPage = await call(
        tasks.listTasks,
        { query: { everybody: 'true', createdAfterMs, limit: 500, ...(cursor === '' ? {} : { cursor }) } },
        { signal },
      );
      all.push(...page.tasks);
      cursor = page.next;
    }
    return all;
  },
  staleTime: 10_000,
});
