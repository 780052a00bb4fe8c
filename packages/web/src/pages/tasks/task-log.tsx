import type { TaskDetail, TaskLogLine } from '@longshore/protocol';
import { Card, Group, SegmentedControl, Select, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { t } from '../../language/language.ts';
import { taskLogQuery } from '../../queries/task-queries.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { LogRow, logLineText } from './log-row.tsx';
import { isFinal } from './task-look.ts';
import classes from './tasks.module.css';

const ranks = { info: 0, warn: 1, error: 2 } as const;
type Level = keyof typeof ranks;
const nearEndPx = 40;

/** What the nodes have written down about a task, line by line as it comes. */
export function TaskLog({ task }: { task: TaskDetail }) {
  const { data, error, refetch } = useQuery(taskLogQuery(task.id));
  const [level, setLevel] = useState<Level>('info');
  const [attempt, setAttempt] = useState<string | null>(null);
  const lines = useMemo(
    () =>
      (data?.lines ?? []).filter(
        (line) => ranks[line.level] >= ranks[level] && (attempt === null || attemptKey(line) === attempt),
      ),
    [data, level, attempt],
  );
  const attempts = attemptsOf(task);
  return (
    <Card withBorder radius="lg" padding="lg">
      <Group justify="space-between" mb="sm" gap="xs">
        <Title order={2} fz={17}>
          {t('log.title')}
        </Title>
        <Group gap="xs">
          {attempts.length > 1 && (
            <Select
              size="xs"
              w={200}
              aria-label={t('log.attempt')}
              data={[{ value: '', label: t('log.allAttempts') }, ...attempts]}
              value={attempt ?? ''}
              onChange={(value) => setAttempt(value || null)}
              allowDeselect={false}
            />
          )}
          <SegmentedControl
            size="xs"
            aria-label={t('log.level')}
            value={level}
            onChange={(value) => setLevel(value as Level)}
            data={(['info', 'warn', 'error'] as const).map((value) => ({
              value,
              label: t(`log.level.${value}`),
            }))}
          />
          {lines.length > 0 && <CopyText text={lines.map(logLineText).join('\n')} />}
        </Group>
      </Group>
      {error && !data ? (
        <ErrorAlert error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Stack gap={8} aria-hidden="true">
          <Skeleton h={14} />
          <Skeleton h={14} w="80%" />
          <Skeleton h={14} w="60%" />
        </Stack>
      ) : lines.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t(data.lines.length > 0 ? 'log.filtered' : isFinal(task) ? 'log.nothing' : 'log.nothingYet')}
        </Text>
      ) : (
        <Lines lines={lines} withPart={task.parts.length > 1} />
      )}
    </Card>
  );
}

/** Stays at the end while lines come in, unless somebody has scrolled up to read. */
function Lines({ lines, withPart }: { lines: readonly TaskLogLine[]; withPart: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (box.current && atEnd.current && lines.length > 0) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <div
      ref={box}
      className={classes.log}
      role="log"
      aria-label={t('log.title')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to get there
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < nearEndPx;
      }}
    >
      {lines.map((line) => (
        <LogRow key={`${line.part} ${line.attempt} ${line.number}`} line={line} withPart={withPart} />
      ))}
    </div>
  );
}

const attemptKey = ({ part, attempt }: { part: number; attempt: number }): string => `${part}/${attempt}`;

const attemptsOf = (task: TaskDetail): { value: string; label: string }[] =>
  task.parts.flatMap((part) =>
    part.attempts.map(({ attempt, node }) => ({
      value: attemptKey({ part: part.ordinal, attempt }),
      label:
        task.parts.length > 1
          ? t('log.partAttempt', { part: part.ordinal + 1, number: attempt, node })
          : t('attempt.on', { number: attempt, node }),
    })),
  );
