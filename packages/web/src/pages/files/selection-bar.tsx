import type { FileEntry } from '@longshore/protocol';
import { ActionBar, ActionIcon, Button, Menu, Text } from '@mantine/core';
import { formatBytes } from '../../format/format-bytes.ts';
import { isArchive } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { openCompressDialog } from './compress-dialog.tsx';
import { openExtractDialog } from './extract/extract-dialog.tsx';
import { FileMenuItems } from './file-menu-items.tsx';
import type { FilesView } from './files-view.ts';
import { downloadFiles } from './use-file-actions.ts';

/** Room that the bar takes at the lower edge. */
export const selectionBarPx = 72;

/** What is marked and the things done most with it; the rest is behind the dots. */
export function SelectionBar({
  view,
  onDelete,
}: {
  view: FilesView;
  onDelete: (marked: FileEntry[]) => void;
}) {
  const { marked } = view;
  const bytes = marked.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  const only = marked.length === 1 ? marked[0] : undefined;
  return (
    <ActionBar opened={marked.length > 0} shadow="lg" radius="lg" aria-label={t('files.actions')}>
      <Text size="sm" px="xs" className="tabular" aria-live="polite">
        {t('files.selected', { count: marked.length })}
        {bytes > 0 && ` · ${formatBytes(bytes)}`}
      </Text>
      <ActionBar.Divider />
      <Button
        variant="subtle"
        size="compact-sm"
        visibleFrom="xs"
        leftSection={<Icon name="download" size={16} />}
        onClick={() => void downloadFiles(marked)}
      >
        {t('files.download')}
      </Button>
      {only && isArchive(only.name) && (
        <Button
          variant="subtle"
          size="compact-sm"
          visibleFrom="xs"
          leftSection={<Icon name="archive" size={16} />}
          onClick={() => openExtractDialog(only)}
        >
          {t('files.extract')}
        </Button>
      )}
      <Button
        variant="subtle"
        size="compact-sm"
        visibleFrom="xs"
        leftSection={<Icon name="archive" size={16} />}
        onClick={() => openCompressDialog(marked)}
      >
        {t('files.compress')}
      </Button>
      <Menu shadow="md" width={230} position="top-end">
        <Menu.Target>
          <ActionIcon variant="subtle" aria-label={t('files.more')}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <FileMenuItems view={view} onDelete={onDelete} />
        </Menu.Dropdown>
      </Menu>
      <ActionIcon variant="subtle" color="gray" onClick={view.clear} aria-label={t('files.unselect')}>
        <Icon name="cross" />
      </ActionIcon>
    </ActionBar>
  );
}
