import { CreateFormat, type FileEntry, tasks } from '@longshore/protocol';
import {
  Alert,
  Button,
  Group,
  PasswordInput,
  SegmentedControl,
  Select,
  Skeleton,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { toApiError } from '../../api/api-error.ts';
import { call } from '../../api/call.ts';
import { idempotencyKey } from '../../api/idempotency-key.ts';
import { formatBytes } from '../../format/format-bytes.ts';
import { baseName, joinPath, parentPath } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { messageOf } from '../../language/told.ts';
import { summaryQuery } from '../../queries/file-queries.ts';
import { DialogFooter } from '../../ui/dialog-footer.tsx';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { FolderPicker } from './folder-picker.tsx';
import { NodeSelect } from './node-select.tsx';
import { notifyTask } from './notify-task.tsx';

const levels = ['fast', 'normal', 'best'] as const;

export function CompressForm({ entries, onDone }: { entries: readonly FileEntry[]; onDone: () => void }) {
  const first = entries[0];
  const parent = parentPath(first?.path ?? '/');
  const [name, setName] = useState(
    entries.length === 1 ? (first?.name ?? '') : baseName(parent) || t('compress.defaultName'),
  );
  const [folder, setFolder] = useState(parent);
  const [format, setFormat] = useState<CreateFormat>('zip');
  const [level, setLevel] = useState<(typeof levels)[number]>('normal');
  const [password, setPassword] = useState('');
  const [node, setNode] = useState<string | null>(null);
  const encrypts = format === 'zip' || format === '7z';
  const destination = joinPath(folder, `${name}.${format}`);
  const submit = useMutation({
    mutationFn: (key: string) =>
      call(
        tasks.submitTask,
        {
          body: {
            kind: 'create-archive',
            sources: entries.map((entry) => entry.path),
            destination,
            format,
            level,
            password: password === '' || !encrypts ? null : password,
            node,
            conflict: 'rename',
          },
        },
        { headers: { 'idempotency-key': key } },
      ),
    onSuccess: (task) => {
      notifyTask(task);
      onDone();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit.mutate(idempotencyKey());
      }}
    >
      <Stack>
        {submit.error && <ErrorAlert error={submit.error} />}
        <Contents entries={entries} />
        <Group align="flex-end" wrap="nowrap">
          <TextInput
            label={t('compress.name')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            rightSection={<Text size="sm" c="dimmed">{`.${format}`}</Text>}
            rightSectionWidth={64}
            flex={1}
            required
            withAsterisk={false}
            data-autofocus
          />
          <Select
            label={t('compress.format')}
            data={CreateFormat.options}
            value={format}
            onChange={(value) => setFormat(CreateFormat.parse(value))}
            allowDeselect={false}
            w={130}
          />
        </Group>
        <Text size="xs" c="dimmed" mt={-8}>
          {t(`compress.about.${format}`)}
        </Text>
        {format !== 'tar' && (
          <div>
            <Text size="sm" fw={500} mb={4}>
              {t('compress.level')}
            </Text>
            <SegmentedControl
              fullWidth
              aria-label={t('compress.level')}
              value={level}
              onChange={(value) => setLevel(value as (typeof levels)[number])}
              data={levels.map((value) => ({ value, label: t(`level.${value}`) }))}
            />
          </div>
        )}
        {encrypts && (
          <PasswordInput
            label={t('compress.password')}
            description={t('compress.passwordHint')}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            autoComplete="new-password"
          />
        )}
        <FolderPicker value={folder} onChange={setFolder} label={t('compress.folder')} folded />
        <NodeSelect capability="create-archive" value={node} onChange={setNode} />
        <DialogFooter>
          <Text size="xs" c="dimmed" className="breakable" flex={1}>
            {t('compress.result', { path: destination })}
          </Text>
          <Button type="submit" loading={submit.isPending} disabled={name.trim() === ''}>
            {t('compress.submit')}
          </Button>
        </DialogFooter>
      </Stack>
    </form>
  );
}

/** What the archive will hold, counted through all folders by the master. */
function Contents({ entries }: { entries: readonly FileEntry[] }) {
  const { data, error } = useQuery(summaryQuery(entries.map((entry) => entry.path)));
  return (
    <Alert
      variant="light"
      py="xs"
      icon={<Icon name="archive" />}
      aria-live="polite"
      styles={{ body: { minWidth: 0 } }}
    >
      <Text size="sm" truncate>
        {entries.map((entry) => entry.name).join(', ')}
      </Text>
      {error ? (
        <Text size="xs" c="red">
          {messageOf(toApiError(error))}
        </Text>
      ) : data === undefined ? (
        <Skeleton h={12} w={180} mt={5} mb={2} />
      ) : (
        <Text size="xs" c="dimmed" className="tabular">
          {[
            t('compress.files', { count: data.files, size: formatBytes(data.bytes) }),
            ...(data.folders > 0 ? [t('compress.folders', { count: data.folders })] : []),
          ].join(' · ')}
        </Text>
      )}
    </Alert>
  );
}
