import type { Task } from '@longshore/protocol';
import { tasks } from '@longshore/protocol';
import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { NodeSelect } from '../files/node-select.tsx';
import { notifyTask } from '../files/notify-task.tsx';

/** The same again, with the choice of another node, and of a password where one may be needed. */
export function openRetryDialog(task: Task): void {
  const id = modals.open({
    title: t('task.retry'),
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <RetryForm task={task} onDone={() => modals.close(id)} />,
  });
}

function RetryForm({ task, onDone }: { task: Task; onDone: () => void }) {
  const [node, setNode] = useState<string | null>(null);
  const [password, setPassword] = useState('');
  const retry = useMutation({
    mutationFn: () =>
      call(tasks.retryTask, {
        params: { id: task.id },
        body: { node, password: password === '' ? null : password },
      }),
    onSuccess: (next) => {
      notifyTask(next);
      onDone();
    },
  });
  return (
    <Stack>
      {retry.error && <ErrorAlert error={retry.error} />}
      <Text size="sm" className="breakable">
        {t('task.retryText', { title: task.title })}
      </Text>
      <NodeSelect capability={task.kind} value={node} onChange={setNode} />
      {task.kind === 'extract-archive' && (
        <PasswordInput
          label={t('extract.password')}
          description={t('task.retryPassword')}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete="off"
        />
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('common.cancel')}
        </Button>
        <Button onClick={() => retry.mutate()} loading={retry.isPending}>
          {t('task.retry')}
        </Button>
      </Group>
    </Stack>
  );
}
