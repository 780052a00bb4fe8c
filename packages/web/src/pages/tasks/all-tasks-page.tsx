import type { Task } from '@longshore/protocol';
import { Button, Container, Menu } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { t } from '../../language/language.ts';
import { confirm } from '../../ui/confirm.tsx';
import { Icon } from '../../ui/icons.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { TaskFilters } from './task-filters.tsx';
import { TaskList } from './task-list.tsx';
import { useTaskActions } from './use-task-actions.ts';

const dayS = 86_400;
const ages = [0, 1, 7, 30] as const;

/** Everybody's tasks, for administrators, with what is done to many at once. */
export function AllTasksPage() {
  const filter = useSearch({ from: '/admin/tasks' });
  const navigate = useNavigate();
  const actions = useTaskActions();
  const [marked, setMarked] = useState<ReadonlyMap<string, Task>>(new Map());
  const mark = (task: Task): void => {
    const next = new Map(marked);
    if (!next.delete(task.id)) next.set(task.id, task);
    setMarked(next);
  };
  const apply = (run: (tasks: Task[]) => void) => (): void => {
    run([...marked.values()]);
    setMarked(new Map());
  };
  return (
    <Container size="lg" py="lg">
      <PageHeader title={t('nav.allTasks')} description={t('allTasks.description')}>
        {marked.size > 0 && (
          <>
            <Button variant="default" onClick={apply(actions.cancel)}>
              {t('allTasks.cancel', { count: marked.size })}
            </Button>
            <Button variant="default" onClick={apply(actions.retryAll)}>
              {t('allTasks.retry', { count: marked.size })}
            </Button>
            <Button color="red" variant="light" onClick={apply(actions.remove)}>
              {t('allTasks.delete', { count: marked.size })}
            </Button>
          </>
        )}
        <Menu shadow="md" position="bottom-end">
          <Menu.Target>
            <Button variant="default" leftSection={<Icon name="trash" size={16} />}>
              {t('tasks.cleanUp')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {ages.map((days) => (
              <Menu.Item
                key={days}
                onClick={() =>
                  confirm({
                    title: t('tasks.cleanUp'),
                    text: t('allTasks.cleanUpText'),
                    confirm: t('tasks.cleanUp'),
                    run: () => actions.cleanUp({ olderThanSeconds: days * dayS, everybody: true }),
                  })
                }
              >
                {days === 0 ? t('allTasks.allEnded') : t('allTasks.olderThan', { count: days })}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </PageHeader>
      <TaskFilters
        forAdmin
        filter={filter}
        onChange={({ everybody: _, ...search }) => void navigate({ to: '/admin/tasks', search })}
      />
      <TaskList filter={{ ...filter, everybody: true }} marks={{ marked, onMark: mark }} withUser />
    </Container>
  );
}
