import type { Task } from '@longshore/protocol';
import { ActionIcon, Button, Group, Tooltip } from '@mantine/core';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { LinkButton } from '../../ui/links.tsx';
import { outputFolder } from './output-folder.ts';
import { openRetryDialog } from './retry-dialog.tsx';
import { confirmRemoval } from './task-actions.tsx';
import { isFinal } from './task-look.ts';
import { useTaskActions } from './use-task-actions.ts';

/** Everything that can be done with the task of a page, in sight. */
export function TaskButtons(props: { task: Task; onRetried: (next: Task) => void; onRemoved: () => void }) {
  const { task } = props;
  const actions = useTaskActions();
  const folder = outputFolder(task);
  if (!isFinal(task)) {
    return (
      <Button
        variant="default"
        leftSection={<Icon name="cross" size={16} />}
        onClick={() => actions.cancel([task])}
      >
        {t('common.cancel')}
      </Button>
    );
  }
  return (
    <Group gap="xs">
      {folder !== null && (
        <LinkButton to="/files" search={{ path: folder }} leftSection={<Icon name="folder" size={16} />}>
          {t('task.openOutput')}
        </LinkButton>
      )}
      <Button
        variant={folder === null ? 'filled' : 'default'}
        leftSection={<Icon name="retry" size={16} />}
        onClick={() => openRetryDialog({ task, onStarted: props.onRetried })}
      >
        {t('task.retry')}
      </Button>
      <Tooltip label={t('task.remove')}>
        <ActionIcon
          size={36}
          variant="default"
          aria-label={t('task.remove')}
          onClick={() =>
            confirmRemoval(() => {
              actions.remove([task]);
              props.onRemoved();
            })
          }
        >
          <Icon name="trash" size={16} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
