import type { Task } from '@longshore/protocol';
import { ActionIcon, Button, Menu } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { parentPath } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { confirm } from '../../ui/confirm.tsx';
import { Icon } from '../../ui/icons.tsx';
import { openRetryDialog } from './retry-dialog.tsx';
import { isFinal } from './task-look.ts';
import { useTaskActions } from './use-task-actions.ts';

/** The step that is next for a task, and the others behind dots. */
export function TaskActions({ task }: { task: Task }) {
  const actions = useTaskActions();
  const navigate = useNavigate();
  const output = task.outputs[0];
  const openOutput = (): void => {
    if (output === undefined) return;
    const path = task.kind === 'create-archive' ? parentPath(output) : targetFolder(task, output);
    void navigate({ to: '/files', search: { path } });
  };
  if (!isFinal(task)) {
    return (
      <Button
        size="compact-sm"
        variant="default"
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
        <ActionIcon variant="subtle" color="gray" aria-label={t('task.actions', { title: task.title })}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {output !== undefined && (
          <Menu.Item leftSection={<Icon name="folder" size={16} />} onClick={openOutput}>
            {t('task.openOutput')}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<Icon name="retry" size={16} />} onClick={() => openRetryDialog(task)}>
          {t('task.retry')}
        </Menu.Item>
        <Menu.Item
          color="red"
          leftSection={<Icon name="trash" size={16} />}
          onClick={() =>
            confirm({
              title: t('task.remove.title'),
              text: t('task.remove.text'),
              confirm: t('common.delete'),
              run: () => {
                actions.remove([task]);
                if (window.location.pathname.endsWith(task.id)) window.history.back();
              },
            })
          }
        >
          {t('task.remove')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const targetFolder = (task: Task, output: string): string =>
  typeof task.request.destination === 'string' ? task.request.destination : parentPath(output);
