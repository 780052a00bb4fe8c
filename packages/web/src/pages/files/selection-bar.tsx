import type { FileEntry } from '@longshore/protocol';
import { ActionBar, ActionIcon, Button, Menu, Text } from '@mantine/core';
import { formatBytes } from '../../format/format-bytes.ts';
import { t } from '../../language/language.ts';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { belowNavigation } from '../../ui/layers.ts';
import { openCompressDialog } from './compress-dialog.tsx';
import { extraction } from './extract/extract-dialog.tsx';
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
  const extract = extraction(marked);
  return (
    <ActionBar
      opened={marked.length > 0}
      shadow="lg"
      radius="lg"
      zIndex={belowNavigation}
      aria-label={t('files.actions')}
    >
      <Text size="sm" px="xs" className="tabular" aria-live="polite">
        {t('files.selected', { count: marked.length })}
        {bytes > 0 && (
          <Text span inherit visibleFrom="xs">
            {` · ${formatBytes(bytes)}`}
          </Text>
        )}
      </Text>
      <ActionBar.Divider />
      <Action icon="download" text={t('files.download')} run={() => void downloadFiles(marked)} />
      {extract && <Action icon="unpack" text={t('files.extract')} run={extract} />}
      <Action icon="archive" text={t('files.compress')} run={() => openCompressDialog(marked)} />
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

/** On a phone there is room for its picture only. */
function Action({ icon, text, run }: { icon: IconName; text: string; run: () => void }) {
  return (
    <>
      <Button
        variant="subtle"
        size="compact-sm"
        visibleFrom="xs"
        leftSection={<Icon name={icon} size={16} />}
        onClick={run}
      >
        {text}
      </Button>
      <ActionIcon variant="subtle" hiddenFrom="xs" onClick={run} aria-label={text}>
        <Icon name={icon} size={18} />
      </ActionIcon>
    </>
  );
}
