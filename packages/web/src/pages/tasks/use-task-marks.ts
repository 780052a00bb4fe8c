import type { Task, TaskId } from '@longshore/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type TaskFilter, tasksQuery } from '../../queries/task-queries.ts';

/**
 * What is marked of the tasks that are shown. Another filter begins with nothing marked, and a task that leaves the list
 * is no longer marked: what is done to many is done to what can be seen.
 */
export function useTaskMarks(filter: TaskFilter) {
  const { data } = useInfiniteQuery(tasksQuery(filter));
  const key = JSON.stringify(filter);
  const [kept, setKept] = useState<{ key: string; ids: ReadonlySet<TaskId> }>({ key, ids: new Set() });
  const ids = kept.key === key ? kept.ids : new Set<TaskId>();
  const shown = data?.pages.flatMap((page) => page.tasks) ?? [];
  return {
    marked: shown.filter((task) => ids.has(task.id)),
    mark: (tasks: readonly Task[], isMarked: boolean): void => {
      const next = new Set(ids);
      for (const { id } of tasks) {
        if (isMarked) next.add(id);
        else next.delete(id);
      }
      setKept({ key, ids: next });
    },
    clear: (): void => setKept({ key, ids: new Set() }),
  };
}
