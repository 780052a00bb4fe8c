import type { Task } from '@longshore/protocol';
import { Anchor, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';

/** A task is under way, and where to watch it. A plain link: notifications stand outside of the router. */
export function notifyTask(task: Task): void {
  notifications.show({
    color: 'harbor',
    icon: <Icon name="play" size={16} />,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" truncate>
          {t('task.submitted')}
        </Text>
        <Anchor href={`/tasks/${task.id}`} size="sm">
          {t('task.watch')}
        </Anchor>
      </Group>
    ),
  });
}
