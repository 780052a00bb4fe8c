import { type Task, tasks } from '@longshore/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { isFinal } from './task-look.ts';

/** What can be done with tasks. Events bring the result; the lists are read anew for the case that none comes. */
export function useTaskActions() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const refresh = (): void => {
    void client.invalidateQueries({ queryKey: ['tasks'] });
    void client.invalidateQueries({ queryKey: ['active-tasks'] });
  };
  const each = (some: readonly Task[], run: (task: Task) => Promise<unknown>, done: string): void => {
    Promise.all(some.map(run))
      .then(() => notifyDone(done), notifyError)
      .finally(refresh);
  };
  return {
    cancel: (some: readonly Task[]): void => {
      const open = some.filter((task) => !isFinal(task));
      each(
        open,
        ({ id }) => call(tasks.cancelTask, { params: { id } }),
        t('task.canceled', { count: open.length }),
      );
    },
    retry: (task: Task, again: { node: string | null; password: string | null }): Promise<void> =>
      call(tasks.retryTask, { params: { id: task.id }, body: again }).then((next) => {
        refresh();
        return navigate({ to: '/tasks/$taskId', params: { taskId: next.id } });
      }),
    retryAll: (some: readonly Task[]): void => {
      const ended = some.filter(isFinal);
      each(
        ended,
        ({ id }) => call(tasks.retryTask, { params: { id }, body: {} }),
        t('task.retried', { count: ended.length }),
      );
    },
    remove: (some: readonly Task[]): void => {
      const ended = some.filter(isFinal);
      each(
        ended,
        ({ id }) => call(tasks.deleteTask, { params: { id } }),
        t('task.removed', { count: ended.length }),
      );
    },
    cleanUp: (wish: { olderThanSeconds: number; everybody: boolean }): void => {
      call(tasks.cleanUpTasks, { body: wish })
        .then(({ deleted }) => notifyDone(t('task.removed', { count: deleted })), notifyError)
        .finally(refresh);
    },
  };
}
