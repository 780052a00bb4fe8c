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

export type PreviewWish = { path: string; encoding: string | null; search: string; password: string };

export const previewQuery = ({ path, encoding, search, password }: PreviewWish) =>
  queryOptions({
    queryKey: ['preview', path, encoding, search, password],
    queryFn: ({ signal }) =>
      call(
        files.preview,
        {
          body: {
            path,
            limit: 10_000,
            ...(encoding === null ? {} : { encoding }),
            ...(search === '' ? {} : { search }),
            ...(password === '' ? {} : { password }),
          },
        },
        { signal },
      ),
    staleTime: 5 * 60_000,
    // A password is part of the key: it goes when the dialog does.
    gcTime: 0,
    retry: false,
  });

/** How much a selection holds, folders with everything in them. */
export const summaryQuery = (paths: readonly string[]) =>
  queryOptions({
    queryKey: ['summary', paths],
    queryFn: ({ signal }) => call(files.summarize, { body: { paths: [...paths] } }, { signal }),
    staleTime: 0,
  });

export const contentUrl = (path: string): string => `/api/v1/files/content?path=${encodeURIComponent(path)}`;
