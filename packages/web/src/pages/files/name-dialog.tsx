import { type FileEntry, files } from '@longshore/protocol';
import { Button, Group, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { call } from '../../api/call.ts';
import { joinPath, parentPath, stem } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { hintOf } from '../../language/told.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';

type Naming = { kind: 'folder'; parent: string } | { kind: 'rename'; entry: FileEntry };

/** Asks for the name of a new folder, or a new name. */
export function openNameDialog(naming: Naming): void {
  const id = modals.open({
    title: t(naming.kind === 'folder' ? 'files.newFolder' : 'files.rename'),
    closeButtonProps: { 'aria-label': t('common.close') },
    children: <NameForm naming={naming} onDone={() => modals.close(id)} />,
  });
}

function NameForm({ naming, onDone }: { naming: Naming; onDone: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(naming.kind === 'rename' ? naming.entry.name : '');
  const selected = useRef(false);
  const save = useMutation({
    mutationFn: () =>
      naming.kind === 'folder'
        ? call(files.createFolder, { body: { path: joinPath(naming.parent, name) } })
        : call(files.move, {
            body: { from: naming.entry.path, to: joinPath(parentPath(naming.entry.path), name) },
          }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['files'] });
      onDone();
    },
  });
  const fieldError = errorOfName(save.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack>
        {save.error && fieldError === null && <ErrorAlert error={save.error} />}
        <TextInput
          label={t('files.name')}
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
            save.reset();
          }}
          error={fieldError}
          data-autofocus
          required
          withAsterisk={false}
          onFocus={(event) => {
            // The ending mostly stays.
            if (!selected.current) event.currentTarget.setSelectionRange(0, stem(name).length);
            selected.current = true;
          }}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>
            {t(naming.kind === 'folder' ? 'common.create' : 'files.rename')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What is wrong with the name itself stands at the field; null for anything else. */
function errorOfName(error: Error | null): string | null {
  if (!(error instanceof ApiError)) return null;
  if (error.code === 'PATH_EXISTS') return t('files.nameTaken');
  return error.code === 'PATH_INVALID' || error.code === 'NAME_INVALID' ? hintOf(error) : null;
}
