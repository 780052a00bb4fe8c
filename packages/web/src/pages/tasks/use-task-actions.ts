import { type EndpointInput, type Task, type TaskId, tasks } from '@longshore/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { ApiError } from '../../api/api-error.ts';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { isFinal } from './task-look.ts';

type Action = EndpointInput<typeof tasks.bulkTasks>['body']['action'];
type CleanUp = EndpointInput<typeof tasks.cleanUpTasks>['body'];

const doneTexts = { cancel: 'task.canceled', retry: 'task.retried', delete: 'task.removed' } as const;
const maxPerRequest = 500;

/** What can be done with tasks. Events bring the result; the lists are read anew for the case that none comes. */
export function useTaskActions() {
  const client = useQueryClient();
  const refresh = (): void => {
    void client.invalidateQueries({ queryKey: ['tasks'] });
    void client.invalidateQueries({ queryKey: ['active-tasks'] });
  };
  const all = async (action: Action, ids: readonly TaskId[]): Promise<void> => {
    for (let start = 0; start < ids.length; start += maxPerRequest) {
      const some = ids.slice(start, start + maxPerRequest);
      const { results } = await call(tasks.bulkTasks, { body: { action, ids: some } });
      const errors = results.flatMap(({ error }) => (error === null ? [] : [error]));
      const done = results.length - errors.length;
      if (done > 0) notifyDone(t(doneTexts[action], { count: done }));
      // One stands for all: they mostly have one reason.
      if (errors[0]) notifyError(new ApiError(errors[0], { status: null, requestId: null }));
    }
  };
  const run = (action: Action, some: readonly Task[]): void => {
    all(
      action,
      some.map(({ id }) => id),
    )
      .catch(notifyError)
      .finally(refresh);
  };
  return {
    cancel: (some: readonly Task[]): void =>
      run(
        'cancel',
        some.filter((task) => !isFinal(task)),
      ),
    retry: (some: readonly Task[]): void => run('retry', some.filter(isFinal)),
    remove: (some: readonly Task[]): void => run('delete', some.filter(isFinal)),
    cleanUp: (wish: CleanUp): void => {
      call(tasks.cleanUpTasks, { body: wish })
        .then(({ deleted }) => notifyDone(t('task.removed', { count: deleted })), notifyError)
        .finally(refresh);
    },
  };
}
