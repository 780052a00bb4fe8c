import { type ArchiveListing, exactPattern, type FileEntry, tasks } from '@longshore/protocol';
import {
  Button,
  Center,
  Group,
  Loader,
  Paper,
  PasswordInput,
  Select,
  Skeleton,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { call } from '../../../api/call.ts';
import { idempotencyKey } from '../../../api/idempotency-key.ts';
import { formatBytes } from '../../../format/format-bytes.ts';
import { joinPath, parentPath, stem } from '../../../format/paths.ts';
import { t } from '../../../language/language.ts';
import { previewQuery } from '../../../queries/file-queries.ts';
import { DialogFooter } from '../../../ui/dialog-footer.tsx';
import { ErrorAlert } from '../../../ui/error-alert.tsx';
import { Icon } from '../../../ui/icons.tsx';
import { FolderPicker } from '../folder-picker.tsx';
import { NodeSelect } from '../node-select.tsx';
import { notifyTask } from '../notify-task.tsx';
import { ArchiveContents } from './archive-contents.tsx';
import { archiveTree, countMarked } from './archive-tree.ts';
import { ConflictChoice, type ExtractConflict } from './conflict-choice.tsx';
import { encodings } from './encodings.ts';
import { useOwnFolders } from './use-own-folders.ts';

export function ExtractForm({ entry, onDone }: { entry: FileEntry; onDone: () => void }) {
  const [encoding, setEncoding] = useState<string | null>(null);
  const [filter, setFilter] = useState('');
  const [search] = useDebouncedValue(filter, 250);
  const [marks, setMarks] = useState<ReadonlySet<string>>(new Set());
  const [folder, setFolder] = useState(parentPath(entry.path));
  const [ownFolder, setOwnFolder] = useState(true);
  const [conflict, setConflict] = useState<ExtractConflict>('rename');
  const [password, setPassword] = useState('');
  /** What the preview was asked with: only for archives whose names are encrypted too. */
  const [openedWith, setOpenedWith] = useState('');
  const [node, setNode] = useState<string | null>(null);
  const preview = useQuery({
    ...previewQuery({ path: entry.path, encoding, search, password: openedWith }),
    placeholderData: keepPreviousData,
  });
  const tree = useMemo(() => archiveTree(preview.data?.entries ?? []), [preview.data]);
  const marked = useMemo(() => countMarked(tree, marks), [tree, marks]);
  const isEncrypted = preview.data?.entries.some((listed) => listed.encrypted) ?? false;
  const ownFolders = useOwnFolders(folder, [entry.name]);
  const own = ownFolders.names?.[0];
  const ownName = own ?? stem(entry.name);
  const destination = ownFolder ? joinPath(folder, ownName) : folder;
  const submit = useMutation({
    mutationFn: (key: string) =>
      call(
        tasks.submitTask,
        {
          body: {
            kind: 'extract-archive',
            source: entry.path,
            destination,
            select: [...marks].map(exactPattern),
            encoding,
            password: password === '' ? null : password,
            conflict,
            node,
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
        <Group gap="xs" align="flex-end">
          <TextInput
            flex={1}
            miw={180}
            label={t('extract.filter')}
            leftSection={<Icon name="search" size={16} />}
            rightSection={preview.isFetching && <Loader size={14} />}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
            data-autofocus
          />
          <Select
            label={t('extract.encoding')}
            w={220}
            searchable
            allowDeselect={false}
            value={encoding ?? ''}
            onChange={(value) => {
              setMarks(new Set());
              setEncoding(value || null);
            }}
            data={[
              { value: '', label: encoding === null ? detectedLabel(preview.data) : t('extract.automatic') },
              ...encodings,
            ]}
          />
        </Group>
        <Paper withBorder radius="md" style={{ overflow: 'hidden' }}>
          {isAboutPassword(preview.error) ? (
            <AskPassword
              isWrong={openedWith !== ''}
              password={password}
              onPassword={setPassword}
              onOpen={() => setOpenedWith(password)}
            />
          ) : preview.error && !preview.data ? (
            <ErrorAlert
              error={preview.error}
              title={t('extract.noPreview')}
              onRetry={() => void preview.refetch()}
            />
          ) : preview.data === undefined ? (
            <Stack p="md" gap="sm" h={260}>
              {['a', 'b', 'c', 'd', 'e', 'f'].map((row) => (
                <Skeleton key={row} h={18} />
              ))}
            </Stack>
          ) : tree.length === 0 ? (
            <Text p="xl" ta="center" c="dimmed" h={260}>
              {t(search === '' ? 'extract.empty' : 'extract.nothingFound')}
            </Text>
          ) : (
            <ArchiveContents
              key={`${encoding}`}
              tree={tree}
              marks={marks}
              onMarks={setMarks}
              isFiltered={search !== ''}
            />
          )}
        </Paper>
        <Group justify="space-between" mt={-8}>
          <Text size="xs" c="dimmed" className="tabular">
            {marks.size === 0
              ? t('extract.all', { count: preview.data?.total ?? preview.data?.entries.length ?? 0 })
              : t('extract.some', { count: marked.files, size: formatBytes(marked.bytes) })}
          </Text>
          {marks.size > 0 && (
            <Button size="compact-xs" variant="subtle" onClick={() => setMarks(new Set())}>
              {t('extract.clear')}
            </Button>
          )}
        </Group>
        {isEncrypted && openedWith === '' && (
          <PasswordInput
            label={t('extract.password')}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            autoComplete="off"
            required
          />
        )}
        <FolderPicker value={folder} onChange={setFolder} label={t('extract.to')} folded />
        <Switch
          label={t('extract.ownFolder', { name: ownName })}
          checked={ownFolder}
          onChange={(event) => setOwnFolder(event.currentTarget.checked)}
        />
        {ownFolder && own === undefined && ownFolders.error && (
          <ErrorAlert
            error={ownFolders.error}
            title={t('extract.notLookedUp', { path: folder })}
            onRetry={ownFolders.lookAgain}
          />
        )}
        <ConflictChoice value={conflict} onChange={setConflict} />
        <NodeSelect capability="extract-archive" value={node} onChange={setNode} />
        <DialogFooter>
          <Text size="xs" c="dimmed" className="breakable" flex={1}>
            {!(ownFolder && own === undefined) && t('extract.result', { path: destination })}
          </Text>
          <Button
            type="submit"
            loading={submit.isPending}
            disabled={isAboutPassword(preview.error) || (ownFolder && own === undefined)}
          >
            {t(marks.size === 0 ? 'extract.submitAll' : 'extract.submitSome')}
          </Button>
        </DialogFooter>
      </Stack>
    </form>
  );
}

/** In the place of the content, which cannot be listed without it. */
function AskPassword(ask: {
  isWrong: boolean;
  password: string;
  onPassword: (password: string) => void;
  onOpen: () => void;
}) {
  return (
    <Center h={260} p="lg">
      <Stack gap="sm" w={340} maw="100%">
        <Text size="sm" ta="center">
          {t('extract.namesEncrypted')}
        </Text>
        <Group gap="xs" align="flex-start" wrap="nowrap">
          <PasswordInput
            flex={1}
            aria-label={t('extract.password')}
            placeholder={t('extract.password')}
            value={ask.password}
            onChange={(event) => ask.onPassword(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              ask.onOpen();
            }}
            error={ask.isWrong && t('extract.wrongPassword')}
            autoComplete="off"
          />
          <Button onClick={ask.onOpen} disabled={ask.password === ''}>
            {t('files.open')}
          </Button>
        </Group>
      </Stack>
    </Center>
  );
}

function detectedLabel(listing: ArchiveListing | undefined): string {
  if (!listing?.encoding) return t('extract.automatic');
  const { encoding, encodingConfidence } = listing;
  if (encodingConfidence === null) return t('extract.detected', { encoding });
  return t('extract.detectedSure', { encoding, percent: Math.round(encodingConfidence * 100) });
}

const isAboutPassword = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'PASSWORD_REQUIRED' || error.code === 'WRONG_PASSWORD');
