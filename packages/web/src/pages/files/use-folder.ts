import type { FileEntry } from '@longshore/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { locale } from '../../language/language.ts';
import { folderQuery } from '../../queries/file-queries.ts';
import { type Sort, sortEntries } from './sort-entries.ts';

export type Folder = {
  /** Undefined until the first page is there. */
  entries: FileEntry[] | undefined;
  names: string[];
  isComplete: boolean;
  error: Error | null;
  refetch: () => void;
};

/** All of a folder, sorted: the pages are fetched one after the other without being asked for. */
export function useFolder(path: string, sort: Sort): Folder {
  const query = useInfiniteQuery(folderQuery(path));
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const entries = useMemo(
    () =>
      query.data &&
      sortEntries(
        query.data.pages.flatMap((page) => page.entries),
        sort,
        locale(),
      ),
    [query.data, sort],
  );
  const names = useMemo(() => (entries ?? []).map((entry) => entry.name), [entries]);
  return {
    entries,
    names,
    isComplete: query.data !== undefined && !hasNextPage,
    error: query.error,
    refetch: () => void query.refetch(),
  };
}
