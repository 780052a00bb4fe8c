import type { FileEntry } from '@longshore/protocol';
import {
  Box,
  Button,
  EmptyState,
  FileButton,
  Group,
  Menu,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  VisuallyHidden,
} from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { isArchive, parentPath } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Icon } from '../../ui/icons.tsx';
import { uploadQueue } from '../../uploads/upload-queue.ts';
import { openExtractDialog } from './extract/extract-dialog.tsx';
import { FileGrid } from './file-grid.tsx';
import { FileList } from './file-list.tsx';
import { FileMenuItems } from './file-menu-items.tsx';
import classes from './files.module.css';
import { useFilesView } from './files-view.ts';
import { FirstSteps } from './first-steps.tsx';
import { FolderPath } from './folder-path.tsx';
import { openNameDialog } from './name-dialog.tsx';
import { SelectionBar } from './selection-bar.tsx';
import type { Sort, SortBy } from './sort-entries.ts';
import { useDesktopDrop } from './use-desktop-drop.ts';
import { downloadFiles, useDeleteFiles } from './use-file-actions.ts';
import { useFolder } from './use-folder.ts';

export function FilesPage() {
  const { path } = useSearch({ from: '/files' });
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
          <UploadMenu path={path} />
        </Group>
      </div>
      {path === '/' && <FirstSteps />}
      <Menu width={230} shadow="md">
        <Menu.ContextMenu disabled={view.marked.length === 0}>
          <div className={classes.body}>
            <Content {...{ folder, path, layout, sort, onSort, view }} />
          </div>
        </Menu.ContextMenu>
        <Menu.Dropdown>
          <FileMenuItems view={view} onDelete={remove} />
        </Menu.Dropdown>
      </Menu>
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

function Content(content: {
  folder: ReturnType<typeof useFolder>;
  path: string;
  layout: 'list' | 'grid';
  sort: Sort;
  onSort: (by: SortBy) => void;
  view: ReturnType<typeof useFilesView>;
}) {
  const { folder, view } = content;
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
  if (folder.entries.length === 0) return <EmptyFolder path={content.path} />;
  return content.layout === 'grid' ? (
    <FileGrid view={view} />
  ) : (
    <FileList view={view} sort={content.sort} onSort={content.onSort} />
  );
}

function EmptyFolder({ path }: { path: string }) {
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
        <UploadMenu path={path} />
      </EmptyState.Actions>
    </EmptyState>
  );
}

function UploadMenu({ path }: { path: string }) {
  const add = (files: File[] | null): void => {
    if (files !== null) {
      uploadQueue.add(
        files.map((file) => ({ file, path: file.webkitRelativePath || file.name })),
        path,
      );
    }
  };
  return (
    <FileButton
      onChange={add}
      multiple
      inputProps={{ webkitdirectory: '', 'aria-label': t('files.uploadFolder') } as object}
    >
      {(folderButton) => (
        <FileButton onChange={add} multiple inputProps={{ 'aria-label': t('files.uploadFiles') }}>
          {(fileButton) => (
            <Menu shadow="md" position="bottom-end">
              <Menu.Target>
                <Button leftSection={<Icon name="upload" size={16} />}>{t('files.upload')}</Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<Icon name="file" size={16} />} onClick={fileButton.onClick}>
                  {t('files.uploadFiles')}
                </Menu.Item>
                <Menu.Item leftSection={<Icon name="folder" size={16} />} onClick={folderButton.onClick}>
                  {t('files.uploadFolder')}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </FileButton>
      )}
    </FileButton>
  );
}
