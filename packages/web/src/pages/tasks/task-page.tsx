import { type Task, TaskId } from '@longshore/protocol';
import { Box, Card, Container, Grid, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { ApiError } from '../../api/api-error.ts';
import { t } from '../../language/language.ts';
import { titleOf } from '../../language/told.ts';
import { taskQuery } from '../../queries/task-queries.ts';
import { ErrorAlert, ErrorNote } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor } from '../../ui/links.tsx';
import { PageSkeleton } from '../../ui/page-skeleton.tsx';
import { NoTask } from './no-task.tsx';
import { PartCard } from './part-card.tsx';
import { RejectedEntries } from './rejected-entries.tsx';
import { StateBadge } from './state-badge.tsx';
import { TaskButtons } from './task-buttons.tsx';
import { TaskFacts } from './task-facts.tsx';
import { TaskLog } from './task-log.tsx';
import { isFinal } from './task-look.ts';
import { TaskProgress } from './task-progress.tsx';

/** Everything there is to know about a task: what was asked, where it ran and why, what came out. */
export function TaskPage() {
  const { taskId } = useParams({ from: '/tasks/$taskId' });
  const id = TaskId.safeParse(taskId);
  return id.success ? <KnownTask key={id.data} id={id.data} /> : <NoTask wasThere={false} />;
}

function KnownTask({ id }: { id: TaskId }) {
  const navigate = useNavigate();
  const { data: task, error, refetch } = useQuery(taskQuery(id));
  if (task === null || (error instanceof ApiError && error.code === 'TASK_NOT_FOUND')) {
    return <NoTask wasThere={task !== undefined} />;
  }
  if (error && !task) {
    return (
      <Box p="lg">
        <ErrorAlert error={error} onRetry={() => void refetch()} />
      </Box>
    );
  }
  if (task === undefined) return <PageSkeleton />;
  const showRetry = (next: Task): void =>
    void navigate({ to: '/tasks/$taskId', params: { taskId: next.id } });
  return (
    <Container py="lg">
      <LinkAnchor to="/tasks" size="sm" c="dimmed">
        <Group gap={4} component="span">
          <Icon name="left" size={14} />
          {t('nav.tasks')}
        </Group>
      </LinkAnchor>
      <Group justify="space-between" align="flex-end" mt="xs" mb="lg" gap="sm">
        <Box miw={0} flex="1 1 280px">
          <Group gap="sm">
            <Text size="sm" c="dimmed">
              {t(`kind.${task.kind}`)}
            </Text>
            <StateBadge state={task.state} />
          </Group>
          <Title order={1} fz={22} className="breakable">
            {titleOf(task)}
          </Title>
        </Box>
        <TaskButtons task={task} onRetried={showRetry} onRemoved={() => void navigate({ to: '/tasks' })} />
      </Group>
      {task.error && (
        <Box mb="lg">
          <ErrorNote info={{ ...task.error, requestId: task.requestId }} title={t('task.failed')} />
        </Box>
      )}
      {!isFinal(task) && (
        <Card withBorder radius="lg" padding="lg" mb="lg">
          <TaskProgress task={task} />
        </Card>
      )}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 4 }} order={{ base: 1, lg: 2 }}>
          <Card withBorder radius="lg" padding="lg">
            <TaskFacts task={task} />
          </Card>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 8 }} order={{ base: 2, lg: 1 }}>
          <Stack gap="lg">
            {task.rejectedEntries > 0 && <RejectedEntries task={task} onRetried={showRetry} />}
            <Card withBorder radius="lg" padding="lg">
              <Title order={2} fz={17} mb="md">
                {t('task.timeline')}
              </Title>
              <Stack gap="xl">
                {task.parts.map((part) => (
                  <PartCard
                    key={part.id}
                    part={part}
                    total={task.parts.length}
                    told={task.error?.message ?? null}
                  />
                ))}
              </Stack>
            </Card>
            <TaskLog task={task} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Container>
  );
}
