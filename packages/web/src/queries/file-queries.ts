import { type FileEntry, files } from '@longshore/protocol';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../api/call.ts';

export type FolderPage = { folder: FileEntry; entries: FileEntry[]; next: string | null };

/** A folder, a thousand names at a time. */
export const folderQuery = (path: string) =>
  infiniteQueryOptions({
    queryKey: ['files', path],
    queryFn: ({ pageParam, signal }): Promise<FolderPage> =>
      call(
        files.listFolder,
        { query: { path, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** The folders in a folder, for choosing one. They come first, so the first page is enough for nearly everybody. */
export const subfoldersQuery = (path: string) =>
  queryOptions({
    queryKey: ['files', path, 'folders'],
    queryFn: async ({ signal }): Promise<FileEntry[]> => {
      const { entries } = await call(files.listFolder, { query: { path } }, { signal });
      return entries.filter((entry) => entry.kind === 'folder');
    },
  });

export const previewQuery = (request: { path: string; encoding: string | null; search: string }) =>
  queryOptions({
    queryKey: ['preview', request],
    queryFn: ({ signal }) =>
      call(
        files.preview,
        {
          query: {
            path: request.path,
            limit: 10_000,
            ...(request.encoding === null ? {} : { encoding: request.encoding }),
            ...(request.search === '' ? {} : { search: request.search }),
          },
        },
        { signal },
      ),
    staleTime: 5 * 60_000,
    retry: false,
  });

export const contentUrl = (path: string): string => `/api/v1/files/content?path=${encodeURIComponent(path)}`;
