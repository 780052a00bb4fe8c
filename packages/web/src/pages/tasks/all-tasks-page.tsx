import type { Task } from '@longshore/protocol';
import { ActionBar, ActionIcon, Button, Container, Text } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { belowNavigation } from '../../ui/layers.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { openCleanUpDialog } from './clean-up-dialog.tsx';
import { confirmRemoval } from './task-actions.tsx';
import { TaskFilters } from './task-filters.tsx';
import { TaskList } from './task-list.tsx';
import { useTaskActions } from './use-task-actions.ts';
import { useTaskMarks } from './use-task-marks.ts';

/** Everybody's tasks, for administrators, with what is done to many at once. */
export function AllTasksPage() {
  const filter = useSearch({ from: '/admin/tasks' });
  const navigate = useNavigate();
  const actions = useTaskActions();
  const { marked, mark, clear } = useTaskMarks({ ...filter, everybody: true });
  const apply = (run: (tasks: readonly Task[]) => void): void => {
    run(marked);
    clear();
  };
  return (
    <Container py="lg">
      <PageHeader title={t('nav.allTasks')} description={t('allTasks.description')}>
        <Button
          variant="default"
          leftSection={<Icon name="trash" size={16} />}
          onClick={() =>
            openCleanUpDialog({
              text: t('allTasks.cleanUpText'),
              run: (wish) => actions.cleanUp({ ...wish, everybody: true }),
            })
          }
        >
          {t('tasks.cleanUp')}
        </Button>
      </PageHeader>
      <TaskFilters
        forAdmin
        filter={filter}
        onChange={({ everybody: _, ...search }, { typed }) =>
          void navigate({ to: '/admin/tasks', search, replace: typed })
        }
      />
      <TaskList filter={{ ...filter, everybody: true }} marks={{ marked, onMark: mark }} withUser forAdmin />
      <ActionBar
        opened={marked.length > 0}
        shadow="lg"
        radius="lg"
        zIndex={belowNavigation}
        aria-label={t('allTasks.actions')}
      >
        <Text size="sm" px="xs" className="tabular" aria-live="polite">
          {t('files.selected', { count: marked.length })}
        </Text>
        <ActionBar.Divider />
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<Icon name="cross" size={16} />}
          onClick={() => apply(actions.cancel)}
        >
          {t('common.cancel')}
        </Button>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<Icon name="retry" size={16} />}
          onClick={() => apply(actions.retry)}
        >
          {t('task.retry')}
        </Button>
        <Button
          variant="subtle"
          color="red"
          size="compact-sm"
          leftSection={<Icon name="trash" size={16} />}
          onClick={() => confirmRemoval(() => apply(actions.remove))}
        >
          {t('common.delete')}
        </Button>
        <ActionIcon variant="subtle" color="gray" onClick={clear} aria-label={t('files.unselect')}>
          <Icon name="cross" />
        </ActionIcon>
      </ActionBar>
    </Container>
  );
}
