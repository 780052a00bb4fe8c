import type { FileEntry } from '@longshore/protocol';
import { Skeleton } from '@mantine/core';
import { modals } from '@mantine/modals';
import { lazy, Suspense } from 'react';
import { isArchive } from '../../../format/paths.ts';
import { t } from '../../../language/language.ts';

const ExtractManyForm = lazy(async () => ({
  default: (await import('./extract-many-form.tsx')).ExtractManyForm,
}));
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

export function openExtractManyDialog(entries: readonly FileEntry[]): void {
  const id = modals.open({
    title: t('extractMany.title', { count: entries.length }),
    size: 'lg',
    closeButtonProps: { 'aria-label': t('common.close') },
    children: (
      <Suspense fallback={<Skeleton h={420} />}>
        <ExtractManyForm entries={entries} onDone={() => modals.close(id)} />
      </Suspense>
    ),
  });
}

/** One archive with what it holds to choose from, several at once, or null for what is no archive. */
export function extraction(entries: readonly FileEntry[]): (() => void) | null {
  const [first] = entries;
  const areArchives = entries.every(({ kind, name }) => kind === 'file' && isArchive(name));
  if (first === undefined || !areArchives) return null;
  return entries.length === 1 ? () => openExtractDialog(first) : () => openExtractManyDialog(entries);
}
