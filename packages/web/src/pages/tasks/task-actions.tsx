import type { Task } from '@longshore/protocol';
import { ActionIcon, Button, Menu } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { t } from '../../language/language.ts';
import { titleOf } from '../../language/told.ts';
import { dangerColor } from '../../theme/theme.ts';
import { confirm } from '../../ui/confirm.tsx';
import { Icon } from '../../ui/icons.tsx';
import { outputFolder } from './output-folder.ts';
import { openRetryDialog } from './retry-dialog.tsx';
import { isFinal } from './task-look.ts';
import { useTaskActions } from './use-task-actions.ts';

/** The step that is next for a task in a list, and the others behind dots. */
export function TaskActions({ task }: { task: Task }) {
  const actions = useTaskActions();
  const navigate = useNavigate();
  const folder = outputFolder(task);
  if (!isFinal(task)) {
    return (
      <Button
        size="compact-sm"
        variant="default"
        flex="none"
        leftSection={<Icon name="cross" size={14} />}
        onClick={() => actions.cancel([task])}
      >
        {t('common.cancel')}
      </Button>
    );
  }
  return (
    <Menu shadow="md" position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t('task.actions', { title: titleOf(task) })}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {folder !== null && (
          <Menu.Item
            leftSection={<Icon name="folder" size={16} />}
            onClick={() => void navigate({ to: '/files', search: { path: folder } })}
          >
            {t('task.openOutput')}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<Icon name="retry" size={16} />} onClick={() => openRetryDialog({ task })}>
          {t('task.retry')}
        </Menu.Item>
        <Menu.Item
          color={dangerColor}
          leftSection={<Icon name="trash" size={16} />}
          onClick={() => confirmRemoval(() => actions.remove([task]))}
        >
          {t('task.remove')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export const confirmRemoval = (run: () => void): void =>
  confirm({
    title: t('task.remove.title'),
    text: t('task.remove.text'),
    confirm: t('common.delete'),
    run,
  });
