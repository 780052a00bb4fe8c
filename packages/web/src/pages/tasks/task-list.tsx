import type { Task } from '@longshore/protocol';
import { Button, Center, Checkbox, EmptyState, Skeleton, Stack } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { t } from '../../language/language.ts';
import { type TaskFilter, tasksQuery } from '../../queries/task-queries.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkButton } from '../../ui/links.tsx';
import { TaskCard } from './task-card.tsx';

type Marks = {
  marked: readonly Task[];
  onMark: (tasks: readonly Task[], isMarked: boolean) => void;
};

/** Tasks, newest first, a page at a time. */
export function TaskList({
  filter,
  marks,
  withUser,
  forAdmin = false,
}: {
  filter: TaskFilter;
  marks?: Marks;
  withUser?: boolean;
  /** The tasks of everybody: who looks need not be who submits. */
  forAdmin?: boolean;
}) {
  const query = useInfiniteQuery(tasksQuery(filter));
  const marked = new Set(marks?.marked.map(({ id }) => id));
  if (query.error && !query.data)
    return <ErrorAlert error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) {
    return (
      <Stack gap="sm" aria-hidden="true">
        <Skeleton h={104} radius="lg" />
        <Skeleton h={104} radius="lg" />
        <Skeleton h={104} radius="lg" />
      </Stack>
    );
  }
  const tasks = query.data.pages.flatMap((page) => page.tasks);
  const isFiltered = Object.entries(filter).some(
    ([name, value]) => name !== 'everybody' && value !== undefined,
  );
  if (tasks.length === 0) return <NoTasks isFiltered={isFiltered} forAdmin={forAdmin} />;
  return (
    <Stack gap="sm">
      {marks && <MarkAll tasks={tasks} marks={marks} />}
      {tasks.map((task) => (
        <TaskCard
          key={task.id}
          task={task}
          withUser={withUser ?? false}
          {...(marks && {
            marking: {
              isMarked: marked.has(task.id),
              onMark: (isMarked) => marks.onMark([task], isMarked),
            },
          })}
        />
      ))}
      {query.hasNextPage && (
        <Center>
          <Button
            variant="default"
            onClick={() => void query.fetchNextPage()}
            loading={query.isFetchingNextPage}
          >
            {t('common.more')}
          </Button>
        </Center>
      )}
    </Stack>
  );
}

function MarkAll({ tasks, marks }: { tasks: readonly Task[]; marks: Marks }) {
  const count = marks.marked.length;
  return (
    <Checkbox
      size="sm"
      pl="md"
      label={t('task.markAll')}
      checked={count === tasks.length}
      indeterminate={count > 0 && count < tasks.length}
      onChange={(event) => marks.onMark(tasks, event.currentTarget.checked)}
    />
  );
}

function NoTasks({ isFiltered, forAdmin }: { isFiltered: boolean; forAdmin: boolean }) {
  const kind = isFiltered ? 'tasks.none' : forAdmin ? 'allTasks.empty' : 'tasks.empty';
  return (
    <EmptyState
      py={64}
      variant="light"
      icon={<Icon name="tasks" size={28} />}
      title={t(`${kind}.title`)}
      description={t(`${kind}.text`)}
    >
      {kind === 'tasks.empty' && (
        <EmptyState.Actions>
          <LinkButton to="/files" search={{ path: '/' }}>
            {t('notFound.files')}
          </LinkButton>
        </EmptyState.Actions>
      )}
    </EmptyState>
  );
}
