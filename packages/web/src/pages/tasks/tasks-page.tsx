import { Button, Container } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { openCleanUpDialog } from './clean-up-dialog.tsx';
import { TaskFilters } from './task-filters.tsx';
import { TaskList } from './task-list.tsx';
import { useTaskActions } from './use-task-actions.ts';

/** One's own tasks. */
export function TasksPage() {
  const filter = useSearch({ from: '/tasks' });
  const navigate = useNavigate();
  const { cleanUp } = useTaskActions();
  return (
    <Container py="lg">
      <PageHeader title={t('nav.tasks')} description={t('tasks.description')}>
        <Button
          variant="default"
          leftSection={<Icon name="trash" size={16} />}
          onClick={() =>
            openCleanUpDialog({
              text: t('tasks.cleanUpText'),
              run: (wish) => cleanUp({ ...wish, everybody: false }),
            })
          }
        >
          {t('tasks.cleanUp')}
        </Button>
      </PageHeader>
      <TaskFilters
        filter={filter}
        onChange={({ everybody: _, ...search }, { typed }) =>
          void navigate({ to: '/tasks', search, replace: typed })
        }
      />
      <TaskList filter={filter} />
    </Container>
  );
}
