import type { FileEntry } from '@longshore/protocol';
import { Menu } from '@mantine/core';
import { type MouseEvent, type ReactNode, type TouchEvent, useRef, useState } from 'react';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { FileMenuItems } from './file-menu-items.tsx';
import classes from './files.module.css';
import type { FilesView } from './files-view.ts';
import { openNameDialog } from './name-dialog.tsx';
import { type PickUploads, UploadItems } from './upload-picker.tsx';

/**
 * The context menu around the files: of what is marked when it is opened there, else of the folder. An entry that is
 * not marked is, alone, when the menu is opened on it.
 */
export function FilesMenu(menu: {
  view: FilesView;
  path: string;
  pick: PickUploads;
  onDelete: (marked: FileEntry[]) => void;
  children: ReactNode;
}) {
  const { view } = menu;
  const [isOfFolder, setOfFolder] = useState(true);
  const touched = useRef<string | null>(null);
  const pointAt = (name: string | null): void => {
    const entry = view.entries.find((one) => one.name === name);
    if (entry === undefined) view.clear();
    else view.markForMenu(entry);
    setOfFolder(entry === undefined);
  };
  return (
    <Menu
      width={230}
      shadow="md"
      onOpen={() => {
        // A finger that rests opens it without an event of its own on some phones.
        if (touched.current !== null) pointAt(touched.current);
        touched.current = null;
      }}
    >
      <Menu.ContextMenu>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the menu has its key in the grid */}
        <div
          className={classes.body}
          onTouchStart={(event: TouchEvent) => {
            touched.current = nameAt(event);
          }}
          onContextMenu={(event: MouseEvent) => {
            touched.current = null;
            const name = nameAt(event);
            // The menu key points at no place: it means what is marked.
            const isKey = event.button !== secondaryButton && name === null;
            if (isKey) setOfFolder(view.marked.length === 0);
            else pointAt(name);
          }}
        >
          {menu.children}
        </div>
      </Menu.ContextMenu>
      <Menu.Dropdown>
        {isOfFolder ? (
          <>
            <Menu.Item
              leftSection={<Icon name="folderPlus" size={16} />}
              onClick={() => openNameDialog({ kind: 'folder', parent: menu.path })}
            >
              {t('files.newFolder')}
            </Menu.Item>
            <UploadItems pick={menu.pick} />
            <Menu.Divider />
            <Menu.Item
              leftSection={<Icon name="check" size={16} />}
              onClick={view.markAll}
              disabled={view.entries.length === 0}
            >
              {t('files.selectAll')}
            </Menu.Item>
          </>
        ) : (
          <FileMenuItems view={view} onDelete={menu.onDelete} />
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

const secondaryButton = 2;

const nameAt = ({ target }: { target: EventTarget }): string | null =>
  (target as Element).closest('[data-entry]')?.getAttribute('data-entry') ?? null;
