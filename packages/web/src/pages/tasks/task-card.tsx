import type { Task } from '@longshore/protocol';
import { Badge, Card, Checkbox, Group, Text, ThemeIcon } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { forwardRef } from 'react';
import { formatSpan } from '../../format/format-times.ts';
import { t } from '../../language/language.ts';
import { hintOf, messageOf, titleOf } from '../../language/told.ts';
import { Ago } from '../../ui/ago.tsx';
import { Icon } from '../../ui/icons.tsx';
import { StateBadge } from './state-badge.tsx';
import { TaskActions } from './task-actions.tsx';
import { amountOf, isFinal, kindIcons, stateColors } from './task-look.ts';
import { TaskProgress } from './task-progress.tsx';
import classes from './tasks.module.css';

const TitleLink = createLink(
  forwardRef<HTMLAnchorElement, React.ComponentProps<'a'>>(function TitleAnchor(props, ref) {
    return <a ref={ref} {...props} className={classes.title} />;
  }),
);

type Marking = { isMarked: boolean; onMark: (isMarked: boolean) => void };

/** One task in a list, moving while it works. */
export function TaskCard({ task, withUser, marking }: { task: Task; withUser?: boolean; marking?: Marking }) {
  const span =
    task.startedAtMs !== null && task.finishedAtMs !== null ? task.finishedAtMs - task.startedAtMs : null;
  return (
    <Card withBorder radius="lg" padding="md" className={classes.card} component="article">
      <Group wrap="nowrap" align="flex-start" gap="md">
        {marking && (
          <Checkbox
            mt={10}
            checked={marking.isMarked}
            onChange={(event) => marking.onMark(event.currentTarget.checked)}
            aria-label={t('task.mark', { title: titleOf(task) })}
          />
        )}
        <ThemeIcon variant="light" color={stateColors[task.state]} size={38} radius="md">
          <Icon name={kindIcons[task.kind]} size={20} />
        </ThemeIcon>
        <div className={classes.body}>
          <Group justify="space-between" wrap="nowrap" gap="xs" align="flex-start">
            <div style={{ minWidth: 0 }}>
              <Group gap={8}>
                <Text size="xs" c="dimmed" fw={550}>
                  {t(`kind.${task.kind}`)}
                </Text>
                <StateBadge state={task.state} />
                {task.rejectedEntries > 0 && (
                  <Badge variant="light" color="orange" tt="none" radius="sm">
                    {t('task.rejected', { count: task.rejectedEntries })}
                  </Badge>
                )}
              </Group>
              <TitleLink to="/tasks/$taskId" params={{ taskId: task.id }}>
                {titleOf(task)}
              </TitleLink>
            </div>
            <TaskActions task={task} />
          </Group>
          {!isFinal(task) && <TaskProgress task={task} />}
          {task.error && (
            <Text size="sm" c="red" className="breakable" mt={4}>
              {messageOf(task.error)}{' '}
              <Text span c="dimmed" size="sm">
                {hintOf(task.error)}
              </Text>
            </Text>
          )}
          <Group gap="md" mt={6} c="dimmed" fz="xs">
            {withUser && <Fact icon="users" text={task.user} />}
            {task.nodes.length > 0 && <Fact icon="server" text={task.nodes.join(', ')} />}
            <Group gap={5} wrap="nowrap">
              <Icon name="clock" size={14} />
              <Ago atMs={task.createdAtMs} />
              {span !== null && ` · ${t('task.took', { span: formatSpan(span) })}`}
            </Group>
            {isFinal(task) && task.progress.entriesDone > 0 && <Fact icon="file" text={amountOf(task)} />}
            {task.retryOf !== null && <Fact icon="retry" text={t('task.isRetry')} />}
          </Group>
        </div>
      </Group>
    </Card>
  );
}

function Fact({ icon, text }: { icon: 'users' | 'server' | 'file' | 'retry'; text: string }) {
  return (
    <Group gap={5} wrap="nowrap">
      <Icon name={icon} size={14} />
      {text}
    </Group>
  );
}
