import type { FileEntry } from '@longshore/protocol';
import { Skeleton } from '@mantine/core';
import { modals } from '@mantine/modals';
import { lazy, Suspense } from 'react';
import { t } from '../../language/language.ts';

const CompressForm = lazy(async () => ({ default: (await import('./compress-form.tsx')).CompressForm }));

export function openCompressDialog(entries: readonly FileEntry[]): void {
  const id = modals.open({
    title: t('compress.title'),
    size: 'lg',
    closeButtonProps: { 'aria-label': t('common.close') },
    children: (
      <Suspense fallback={<Skeleton h={420} />}>
        <CompressForm entries={entries} onDone={() => modals.close(id)} />
      </Suspense>
    ),
  });
}
