import type { FileEntry } from '@longshore/protocol';
import { Button, Group, Stack } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { parentPath } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { FolderPicker } from './folder-picker.tsx';
import { useMoveFiles } from './use-file-actions.ts';

export function openMoveDialog(entries: readonly FileEntry[]): void {
  const id = modals.open({
    title: t('files.move.title', { count: entries.length }),
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <MoveForm entries={entries} onDone={() => modals.close(id)} />,
  });
}

function MoveForm({ entries, onDone }: { entries: readonly FileEntry[]; onDone: () => void }) {
  const from = parentPath(entries[0]?.path ?? '/');
  const [folder, setFolder] = useState(from);
  const move = useMoveFiles();
  const paths = entries.map((entry) => entry.path);
  return (
    <Stack>
      <FolderPicker value={folder} onChange={setFolder} except={paths} label={t('files.move.to')} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('common.cancel')}
        </Button>
        <Button
          disabled={folder === from}
          onClick={() => {
            move(paths, folder);
            onDone();
          }}
        >
          {t('files.move.submit')}
        </Button>
      </Group>
    </Stack>
  );
}
