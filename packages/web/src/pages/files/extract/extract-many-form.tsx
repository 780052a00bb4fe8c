import { type FileEntry, tasks } from '@longshore/protocol';
import { Button, List, PasswordInput, ScrollArea, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../../api/api-error.ts';
import { call } from '../../../api/call.ts';
import { idempotencyKey } from '../../../api/idempotency-key.ts';
import { joinPath, parentPath, stem } from '../../../format/paths.ts';
import { t } from '../../../language/language.ts';
import { DialogFooter } from '../../../ui/dialog-footer.tsx';
import { ErrorAlert } from '../../../ui/error-alert.tsx';
import { notifyError } from '../../../ui/notify.tsx';
import { FolderPicker } from '../folder-picker.tsx';
import { NodeSelect } from '../node-select.tsx';
import { notifyTasks } from '../notify-task.tsx';
import { ConflictChoice, type ExtractConflict } from './conflict-choice.tsx';
import { useOwnFolders } from './use-own-folders.ts';

/** Refusals of single tasks come with an answer that is none itself. */
const answered = { status: 202, requestId: null };

/** Several archives, everything in them, each as a task of its own into a folder of its own. */
export function ExtractManyForm({ entries, onDone }: { entries: readonly FileEntry[]; onDone: () => void }) {
  const [folder, setFolder] = useState(parentPath(entries[0]?.path ?? '/'));
  const [conflict, setConflict] = useState<ExtractConflict>('rename');
  const [password, setPassword] = useState('');
  const [node, setNode] = useState<string | null>(null);
  const ownFolders = useOwnFolders(
    folder,
    entries.map((entry) => entry.name),
  );
  const folders = ownFolders.names;
  const submit = useMutation({
    mutationFn: async () => {
      const requests = entries.map((entry, index) => ({
        kind: 'extract-archive' as const,
        source: entry.path,
        destination: joinPath(folder, folders?.[index] ?? stem(entry.name)),
        password: password === '' ? null : password,
        conflict,
        node,
      }));
      const headers = { 'idempotency-key': idempotencyKey() };
      const { results } = await call(tasks.submitTasks, { body: { tasks: requests } }, { headers });
      const started = results.flatMap(({ task }) => task ?? []);
      const errors = results.flatMap(({ error }) => (error === null ? [] : [new ApiError(error, answered)]));
      if (started.length === 0) throw errors[0];
      return { started, errors };
    },
    onSuccess: ({ started, errors }) => {
      notifyTasks(started);
      // One stands for all: they mostly have one reason.
      if (errors.length > 0) notifyError(errors[0]);
      onDone();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit.mutate();
      }}
    >
      <Stack>
        {submit.error && <ErrorAlert error={submit.error} />}
        <Text size="sm">{t('extractMany.text')}</Text>
        <ScrollArea.Autosize
          mah={170}
          viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': t('extractMany.list') }}
        >
          <List size="sm" className="breakable" withPadding>
            {entries.map((entry, index) => (
              <List.Item key={entry.path}>
                {entry.name} → {folders?.[index] ?? '…'}
              </List.Item>
            ))}
          </List>
        </ScrollArea.Autosize>
        <FolderPicker value={folder} onChange={setFolder} label={t('extract.to')} folded />
        {folders === undefined && ownFolders.error && (
          <ErrorAlert
            error={ownFolders.error}
            title={t('extract.notLookedUp', { path: folder })}
            onRetry={ownFolders.lookAgain}
          />
        )}
        <ConflictChoice value={conflict} onChange={setConflict} />
        <PasswordInput
          label={t('extract.password')}
          description={t('extractMany.password')}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete="off"
        />
        <NodeSelect capability="extract-archive" value={node} onChange={setNode} />
        <DialogFooter>
          <Text size="xs" c="dimmed" className="breakable" flex={1}>
            {t('extract.result', { path: folder })}
          </Text>
          <Button type="submit" loading={submit.isPending} disabled={folders === undefined} data-autofocus>
            {t('extractMany.submit', { count: entries.length })}
          </Button>
        </DialogFooter>
      </Stack>
    </form>
  );
}
