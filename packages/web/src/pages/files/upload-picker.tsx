import { Button, FileButton, Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { t } from '../../language/language.ts';
import { Icon } from '../../ui/icons.tsx';
import { uploadQueue } from '../../uploads/upload-queue.ts';

/** Opens the system's dialog for files, or for a folder. */
export type PickUploads = { files: () => void; folder: () => void };

/** Holds the inputs, which must outlive the menus that open them. */
export function UploadPicker(picker: { path: string; children: (pick: PickUploads) => ReactNode }) {
  const add = (files: File[] | null): void => {
    if (files === null) return;
    const withPaths = files.map((file) => ({ file, path: file.webkitRelativePath || file.name }));
    uploadQueue.add(withPaths, picker.path);
  };
  return (
    <FileButton
      onChange={add}
      multiple
      inputProps={{ webkitdirectory: '', 'aria-label': t('files.uploadFolder') } as object}
    >
      {(folder) => (
        <FileButton onChange={add} multiple inputProps={{ 'aria-label': t('files.uploadFiles') }}>
          {(files) => picker.children({ files: files.onClick, folder: folder.onClick })}
        </FileButton>
      )}
    </FileButton>
  );
}

export function UploadMenu({ pick }: { pick: PickUploads }) {
  return (
    <Menu shadow="md" position="bottom-end">
      <Menu.Target>
        <Button leftSection={<Icon name="upload" size={16} />}>{t('files.upload')}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <UploadItems pick={pick} />
      </Menu.Dropdown>
    </Menu>
  );
}

export function UploadItems({ pick }: { pick: PickUploads }) {
  return (
    <>
      <Menu.Item leftSection={<Icon name="file" size={16} />} onClick={pick.files}>
        {t('files.uploadFiles')}
      </Menu.Item>
      <Menu.Item leftSection={<Icon name="folder" size={16} />} onClick={pick.folder}>
        {t('files.uploadFolder')}
      </Menu.Item>
    </>
  );
}
