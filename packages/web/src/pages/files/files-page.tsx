import type { FileEntry } from '@longshore/protocol';
import {
  Box,
  Button,
  EmptyState,
  Group,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  VisuallyHidden,
} from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { baseName, isArchive, parentPath } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { LinkButton } from '../../ui/links.tsx';
import { uploadQueue } from '../../uploads/upload-queue.ts';
import { MissingPage } from '../missing-page.tsx';
import { openExtractDialog } from './extract/extract-dialog.tsx';
import classes from './files.module.css';
import { FilesFrame } from './files-frame.tsx';
import { FilesMenu } from './files-menu.tsx';
import { useFilesView } from './files-view.ts';
import { FirstSteps } from './first-steps.tsx';
import { FolderPath } from './folder-path.tsx';
import { openNameDialog } from './name-dialog.tsx';
import { SelectionBar } from './selection-bar.tsx';
import type { Sort, SortBy } from './sort-entries.ts';
import { type PickUploads, UploadMenu, UploadPicker } from './upload-picker.tsx';
import { useDesktopDrop } from './use-desktop-drop.ts';
import { downloadFiles, useDeleteFiles } from './use-file-actions.ts';
import { type Folder, useFolder } from './use-folder.ts';

export function FilesPage() {
  const { path } = useSearch({ from: '/files' });
  return <UploadPicker path={path}>{(pick) => <FolderPage path={path} pick={pick} />}</UploadPicker>;
}

function FolderPage({ path, pick }: { path: string; pick: PickUploads }) {
  const navigate = useNavigate();
  const [sort, setSort] = useLocalStorage<Sort>({
    key: 'longshore-sort',
    defaultValue: { by: 'name', descending: false },
    getInitialValueInEffect: false,
  });
  const [layout, setLayout] = useLocalStorage<'list' | 'grid'>({
    key: 'longshore-layout',
    defaultValue: 'list',
    getInitialValueInEffect: false,
  });
  const folder = useFolder(path, sort);
  const remove = useDeleteFiles();
  const go = useCallback((to: string) => void navigate({ to: '/files', search: { path: to } }), [navigate]);
  const open = (entry: FileEntry): void => {
    if (entry.kind === 'folder') go(entry.path);
    else if (isArchive(entry.name)) openExtractDialog(entry);
    else void downloadFiles([entry]);
  };
  const view = useFilesView({
    path,
    entries: folder.entries ?? [],
    names: folder.names,
    open,
    rename: (entry) => openNameDialog({ kind: 'rename', entry }),
    remove,
    leave: () => go(parentPath(path)),
  });
  const drop = useDesktopDrop((files) => uploadQueue.add(files, path));
  const onSort = (by: SortBy): void => setSort({ by, descending: sort.by === by && !sort.descending });

  const { error } = folder;
  if (error instanceof ApiError && error.code === 'PATH_NOT_FOUND') return <NoFolder path={path} />;
  return (
    <div className={classes.page} {...drop.target}>
      <VisuallyHidden component="h1">{t('nav.files')}</VisuallyHidden>
      <div className={classes.bar}>
        <Box flex={1} miw={120}>
          <FolderPath path={path} />
        </Box>
        <Group gap="xs">
          <SegmentedControl
            size="xs"
            value={layout}
            onChange={(value) => setLayout(value as 'list' | 'grid')}
            aria-label={t('files.layout')}
            data={(['list', 'grid'] as const).map((value) => ({
              value,
              label: (
                <>
                  <Icon name={value} size={16} style={{ display: 'block' }} />
                  <VisuallyHidden>{t(`files.layout.${value}`)}</VisuallyHidden>
                </>
              ),
            }))}
          />
          <Button
            variant="default"
            leftSection={<Icon name="folderPlus" size={16} />}
            onClick={() => openNameDialog({ kind: 'folder', parent: path })}
          >
            {t('files.newFolder')}
          </Button>
          <UploadMenu pick={pick} />
        </Group>
      </div>
      {path === '/' && <FirstSteps />}
      <FilesMenu view={view} path={path} pick={pick} onDelete={remove}>
        <FilesFrame view={view} path={path} layout={layout} sort={sort} onSort={onSort}>
          <NoEntries folder={folder} path={path} pick={pick} />
        </FilesFrame>
      </FilesMenu>
      {drop.isOver && (
        <div className={classes.dropOverlay}>
          <Stack align="center" gap="xs">
            <Icon name="upload" size={36} />
            <Text fw={600}>{t('files.dropHere')}</Text>
          </Stack>
        </div>
      )}
      <SelectionBar view={view} onDelete={remove} />
    </div>
  );
}

/** While it is read, when that fails, and for one that holds nothing. */
function NoEntries({ folder, path, pick }: { folder: Folder; path: string; pick: PickUploads }) {
  if (folder.error !== null && folder.entries === undefined) {
    return (
      <Box p="lg">
        <ErrorAlert error={folder.error} onRetry={folder.refetch} />
      </Box>
    );
  }
  if (folder.entries === undefined) {
    return (
      <Stack p="md" gap={14} aria-hidden="true">
        {['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((row) => (
          <Skeleton key={row} h={28} />
        ))}
      </Stack>
    );
  }
  const isTop = path === '/';
  return (
    <EmptyState
      h="100%"
      p="xl"
      className={classes.empty}
      variant="light"
      icon={<Icon name={isTop ? 'upload' : 'folder'} size={30} />}
      title={t(isTop ? 'files.empty.title' : 'files.emptyFolder.title')}
      description={t(isTop ? 'files.empty.text' : 'files.emptyFolder.text')}
    >
      <EmptyState.Actions>
        <UploadMenu pick={pick} />
      </EmptyState.Actions>
    </EmptyState>
  );
}

/** For an address of a folder that is not there, or no longer. */
function NoFolder({ path }: { path: string }) {
  const parent = parentPath(path);
  return (
    <MissingPage title={t('files.missing.title')} text={t('files.missing.text', { path })}>
      {parent !== '/' && (
        <LinkButton to="/files" search={{ path: parent }} variant="default">
          {t('files.missing.parent', { name: baseName(parent) })}
        </LinkButton>
      )}
      <LinkButton to="/files" search={{ path: '/' }}>
        {t('notFound.files')}
      </LinkButton>
    </MissingPage>
  );
}
