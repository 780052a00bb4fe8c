import type { FileEntry } from '@longshore/protocol';
import { Menu } from '@mantine/core';
import { t } from '../../language/language.ts';
import { dangerColor } from '../../theme/theme.ts';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { openCompressDialog } from './compress-dialog.tsx';
import { extraction } from './extract/extract-dialog.tsx';
import type { FilesView } from './files-view.ts';
import { openMoveDialog } from './move-dialog.tsx';
import { openNameDialog } from './name-dialog.tsx';
import { downloadFiles } from './use-file-actions.ts';

/** What can be done with what is marked. */
export function FileMenuItems({
  view,
  onDelete,
}: {
  view: FilesView;
  onDelete: (marked: FileEntry[]) => void;
}) {
  const { marked } = view;
  const only = marked.length === 1 ? marked[0] : undefined;
  const extract = extraction(marked);
  return (
    <>
      {only && (
        <Action
          icon={only.kind === 'folder' ? 'folder' : 'right'}
          text={t('files.open')}
          run={() => view.open(only)}
          keys="↵"
        />
      )}
      <Action icon="download" text={t('files.download')} run={() => void downloadFiles(marked)} />
      <Menu.Divider />
      {extract && <Action icon="unpack" text={t('files.extract')} run={extract} />}
      <Action icon="archive" text={t('files.compress')} run={() => openCompressDialog(marked)} />
      <Menu.Divider />
      {only && (
        <Action
          icon="pencil"
          text={t('files.rename')}
          run={() => openNameDialog({ kind: 'rename', entry: only })}
          keys="F2"
        />
      )}
      <Action icon="move" text={t('files.move')} run={() => openMoveDialog(marked)} />
      <Action
        icon="trash"
        text={t('common.delete')}
        run={() => onDelete(marked)}
        keys="Del"
        color={dangerColor}
      />
    </>
  );
}

function Action(action: { icon: IconName; text: string; run: () => void; keys?: string; color?: string }) {
  return (
    <Menu.Item
      leftSection={<Icon name={action.icon} size={16} />}
      rightSection={action.keys}
      onClick={action.run}
      {...(action.color && { color: action.color })}
    >
      {action.text}
    </Menu.Item>
  );
}
