import type { Task, TaskDetail } from '@longshore/protocol';
import { DataList, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatSpan } from '../../format/format-times.ts';
import { parentPath } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { useMe } from '../../queries/account-queries.ts';
import { Ago } from '../../ui/ago.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { LinkAnchor } from '../../ui/links.tsx';
import { amountOf, isFinal } from './task-look.ts';

/** What was asked for, by whom and when, and where to find it. */
export function TaskFacts({ task }: { task: TaskDetail }) {
  const me = useMe();
  const { startedAtMs, finishedAtMs, retryOf } = task;
  const inputs = strings(task.request.sources ?? task.request.source);
  const outputs = task.outputs.length > 0 ? task.outputs : strings(task.request.destination);
  // The files of somebody else are not in one's own folders.
  const linked = task.user === me.name;
  const rows: ([string, ReactNode] | false)[] = [
    inputs.length > 0 && [t('task.inputs'), <Paths key="in" paths={inputs} linked={linked} />],
    outputs.length > 0 && [
      t('task.outputs'),
      <Paths key="out" paths={outputs} linked={linked && task.outputs.length > 0} />,
    ],
    isFinal(task) && task.progress.entriesDone > 0 && [t('task.done'), amountOf(task)],
    [t('task.nodes'), task.nodes.join(', ') || '—'],
    [t('task.user'), task.user],
    [t('task.created'), <Ago key="created" atMs={task.createdAtMs} />],
    startedAtMs !== null && [t('task.waited'), formatSpan(startedAtMs - task.createdAtMs)],
    startedAtMs !== null && finishedAtMs !== null && [t('task.ran'), formatSpan(finishedAtMs - startedAtMs)],
    retryOf !== null && [
      t('task.retryOf'),
      <LinkAnchor key="retry" to="/tasks/$taskId" params={{ taskId: retryOf }} size="sm" ff="monospace">
        {retryOf.slice(0, 8)}
      </LinkAnchor>,
    ],
    [t('task.requestId'), <RequestId key="request" task={task} />],
  ];
  return (
    <DataList size="sm" orientation="horizontal" labelWidth={104}>
      {rows
        .filter((row) => row !== false)
        .map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel>{label}</DataList.ItemLabel>
            <DataList.ItemValue miw={0}>{value}</DataList.ItemValue>
          </DataList.Item>
        ))}
    </DataList>
  );
}

function RequestId({ task }: { task: Task }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Text size="sm" ff="monospace" truncate>
        {task.requestId}
      </Text>
      <CopyText text={task.requestId} />
    </Group>
  );
}

function Paths({ paths, linked }: { paths: readonly string[]; linked: boolean }) {
  return (
    <Stack gap={2}>
      {paths.slice(0, 10).map((path) =>
        linked ? (
          <LinkAnchor
            key={path}
            to="/files"
            search={{ path: parentPath(path) }}
            size="sm"
            className="breakable"
          >
            {path}
          </LinkAnchor>
        ) : (
          <Text key={path} size="sm" className="breakable">
            {path}
          </Text>
        ),
      )}
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
