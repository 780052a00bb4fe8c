import type { FileEntry } from '@longshore/protocol';

export type SortBy = 'name' | 'size' | 'modified';
export type Sort = { by: SortBy; descending: boolean };

/** Folders first, then files; "file 2" before "file 10". */
export function sortEntries(entries: readonly FileEntry[], sort: Sort, locale: string): FileEntry[] {
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  const compare = (left: FileEntry, right: FileEntry): number => {
    if (sort.by === 'size') return left.sizeBytes - right.sizeBytes;
    if (sort.by === 'modified') return left.modifiedAtMs - right.modifiedAtMs;
    return 0;
  };
  const sign = sort.descending ? -1 : 1;
  return entries.toSorted((left, right) => {
    if (left.kind !== right.kind) return left.kind === 'folder' ? -1 : 1;
    return sign * (compare(left, right) || collator.compare(left.name, right.name));
  });
}
