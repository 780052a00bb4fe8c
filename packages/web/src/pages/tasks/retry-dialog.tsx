import type { Task } from '@longshore/protocol';
import { tasks } from '@longshore/protocol';
import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { t } from '../../language/language.ts';
import { titleOf } from '../../language/told.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { NodeSelect } from '../files/node-select.tsx';
import { notifyTask } from '../files/notify-task.tsx';

type Retry = {
  task: Task;
  /** Only the entries that were not done. */
  onlyRejected?: boolean;
  onStarted?: (next: Task) => void;
};

/** The same again, with the choice of another node, and of a password where one may be needed. */
export function openRetryDialog(retry: Retry): void {
  const id = modals.open({
    title: t(retry.onlyRejected ? 'rejected.retry' : 'task.retry'),
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <RetryForm {...retry} onDone={() => modals.close(id)} />,
  });
}

function RetryForm({
  task,
  onlyRejected = false,
  onStarted = notifyTask,
  onDone,
}: Retry & { onDone: () => void }) {
  const [node, setNode] = useState<string | null>(null);
  const [password, setPassword] = useState('');
  const retry = useMutation({
    mutationFn: () =>
      call(tasks.retryTask, {
        params: { id: task.id },
        body: { node, password: password === '' ? null : password, onlyRejected },
      }),
    onSuccess: (next) => {
      onStarted(next);
      onDone();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        retry.mutate();
      }}
    >
      <Stack>
        {retry.error && <ErrorAlert error={retry.error} />}
        <Text size="sm" className="breakable">
          {onlyRejected
            ? t('rejected.retryText', { count: task.rejectedEntries })
            : t('task.retryText', { title: titleOf(task) })}
        </Text>
        <NodeSelect
          capability={task.kind}
          value={node}
          onChange={setNode}
          tried={task.state === 'failed' ? task.nodes : []}
        />
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
          <Button type="submit" loading={retry.isPending}>
            {t('task.retry')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
