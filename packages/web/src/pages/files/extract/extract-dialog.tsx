import type { FileEntry } from '@longshore/protocol';
import { Skeleton } from '@mantine/core';
import { modals } from '@mantine/modals';
import { lazy, Suspense } from 'react';
import { t } from '../../../language/language.ts';

const ExtractForm = lazy(async () => ({ default: (await import('./extract-form.tsx')).ExtractForm }));

export function openExtractDialog(entry: FileEntry): void {
  const id = modals.open({
    title: t('extract.title', { name: entry.name }),
    size: 'xl',
    closeButtonProps: { 'aria-label': t('common.close') },
    children: (
      <Suspense fallback={<Skeleton h={420} />}>
        <ExtractForm entry={entry} onDone={() => modals.close(id)} />
      </Suspense>
    ),
  });
}
