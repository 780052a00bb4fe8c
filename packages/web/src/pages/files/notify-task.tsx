import type { Task } from '@longshore/protocol';
import { Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { LinkAnchor } from '../../ui/links.tsx';

/** A task is under way, and where to watch it. */
export const notifyTask = (task: Task): void => notifyTasks([task]);

/** The same for several that were begun at once. */
export function notifyTasks(tasks: readonly Task[]): void {
  const [task] = tasks;
  if (task === undefined) return;
  const id = notifications.show({
    color: 'harbor',
    icon: <Icon name="play" size={16} />,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" truncate>
          {t('task.submitted', { count: tasks.length })}
        </Text>
        <LinkAnchor
          {...(tasks.length === 1 ? { to: '/tasks/$taskId', params: { taskId: task.id } } : { to: '/tasks' })}
          size="sm"
          onClick={() => notifications.hide(id)}
        >
          {t('task.watch')}
        </LinkAnchor>
      </Group>
    ),
  });
}
