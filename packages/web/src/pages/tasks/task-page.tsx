import type { Task, TaskDetail } from '@longshore/protocol';
import { Box, Card, Container, DataList, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formatExact, formatSpan } from '../../format/format-times.ts';
import { parentPath } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { taskQuery } from '../../queries/task-queries.ts';
import { Ago } from '../../ui/ago.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorAlert, ErrorNote } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor } from '../../ui/links.tsx';
import { PageSkeleton } from '../../ui/page-skeleton.tsx';
import { PartCard } from './part-card.tsx';
import { RejectedEntries } from './rejected-entries.tsx';
import { StateBadge } from './state-badge.tsx';
import { TaskActions } from './task-actions.tsx';
import { isFinal } from './task-look.ts';
import { TaskProgress } from './task-progress.tsx';

/** Everything there is to know about a task: what was asked, where it ran and why, what came out. */
export function TaskPage() {
  const { taskId } = useParams({ from: '/tasks/$taskId' });
  const { data: task, error, refetch } = useQuery(taskQuery(taskId));
  if (error && !task) {
    return (
      <Box p="lg">
        <ErrorAlert error={error} onRetry={() => void refetch()} />
      </Box>
    );
  }
  if (task === undefined) return <PageSkeleton />;
  return (
    <Container size="lg" py="lg">
      <LinkAnchor to="/tasks" size="sm" c="dimmed">
        <Group gap={4} component="span">
          <Icon name="left" size={14} />
          {t('nav.tasks')}
        </Group>
      </LinkAnchor>
      <Group justify="space-between" align="flex-start" mt="xs" mb="lg" wrap="nowrap">
        <div>
          <Group gap="sm">
            <Text size="sm" c="dimmed">
              {t(`kind.${task.kind}`)}
            </Text>
            <StateBadge state={task.state} />
          </Group>
          <Title order={1} fz={22} className="breakable">
            {task.title}
          </Title>
        </div>
        <TaskActions task={task} />
      </Group>
      <Stack gap="lg">
        {task.error && (
          <ErrorNote info={{ ...task.error, requestId: task.requestId }} title={t('task.failed')} />
        )}
        <Card withBorder radius="lg" padding="lg">
          {!isFinal(task) && (
            <Box mb="lg">
              <TaskProgress task={task} />
            </Box>
          )}
          <Facts task={task} />
        </Card>
        {task.rejectedEntries > 0 && <RejectedEntries task={task} />}
        <div>
          <Title order={2} fz={17} mb="sm">
            {t('task.timeline')}
          </Title>
          <Stack gap="sm">
            {task.parts.map((part) => (
              <PartCard
                key={part.id}
                part={part}
                total={task.parts.length}
                told={task.error?.message ?? null}
              />
            ))}
          </Stack>
        </div>
      </Stack>
    </Container>
  );
}

function Facts({ task }: { task: TaskDetail }) {
  const { startedAtMs, finishedAtMs } = task;
  const rows: [string, ReactNode][] = [
    [t('task.inputs'), <Paths key="in" paths={inputsOf(task)} />],
    [t('task.outputs'), <Paths key="out" paths={task.outputs.length > 0 ? task.outputs : targetOf(task)} />],
    [t('task.nodes'), task.nodes.join(', ') || '—'],
    [t('task.user'), task.user],
    [t('task.created'), <Moment key="created" atMs={task.createdAtMs} />],
    ...(startedAtMs === null
      ? []
      : ([[t('task.waited'), formatSpan(startedAtMs - task.createdAtMs)]] as [string, ReactNode][])),
    ...(startedAtMs === null || finishedAtMs === null
      ? []
      : ([[t('task.ran'), formatSpan(finishedAtMs - startedAtMs)]] as [string, ReactNode][])),
    ...(task.retryOf === null
      ? []
      : ([
          [
            t('task.retryOf'),
            <LinkAnchor key="retry" to="/tasks/$taskId" params={{ taskId: task.retryOf }} size="sm">
              {task.retryOf.slice(0, 8)}
            </LinkAnchor>,
          ],
        ] as [string, ReactNode][])),
    [
      t('task.requestId'),
      <Group key="request" gap={4} wrap="nowrap">
        <Text size="sm" ff="monospace" truncate>
          {task.requestId}
        </Text>
        <CopyText text={task.requestId} />
      </Group>,
    ],
  ];
  return (
    <DataList size="sm" orientation="horizontal" labelWidth={130}>
      {rows.map(([label, value]) => (
        <DataList.Item key={label}>
          <DataList.ItemLabel>{label}</DataList.ItemLabel>
          <DataList.ItemValue>{value}</DataList.ItemValue>
        </DataList.Item>
      ))}
    </DataList>
  );
}

function Moment({ atMs }: { atMs: number }) {
  return (
    <>
      <Ago atMs={atMs} /> · {formatExact(atMs)}
    </>
  );
}

function Paths({ paths }: { paths: readonly string[] }) {
  return (
    <Stack gap={2}>
      {paths.slice(0, 10).map((path) => (
        <LinkAnchor
          key={path}
          to="/files"
          search={{ path: parentPath(path) }}
          size="sm"
          className="breakable"
        >
          {path}
        </LinkAnchor>
      ))}
      {paths.length > 10 && (
        <Text size="sm" c="dimmed">
          {t('conflict.more', { count: paths.length - 10 })}
        </Text>
      )}
    </Stack>
  );
}

const strings = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.filter((one) => typeof one === 'string')
    : typeof value === 'string'
      ? [value]
      : [];

const inputsOf = (task: Task): string[] => strings(task.request.sources ?? task.request.source);
const targetOf = (task: Task): string[] => strings(task.request.destination);
