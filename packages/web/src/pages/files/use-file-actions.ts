import { type ConflictPolicy, type FileEntry, files } from '@longshore/protocol';
import { type InfiniteData, type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { call } from '../../api/call.ts';
import { baseName, joinPath, parentPath } from '../../format/paths.ts';
import { t } from '../../language/language.ts';
import { contentUrl, type FolderPage } from '../../queries/file-queries.ts';
import { askConflict } from '../../ui/ask-conflict.tsx';
import { confirm } from '../../ui/confirm.tsx';
import { notifyDone, notifyError } from '../../ui/notify.tsx';

/** Takes entries out of a folder on the screen before the master has answered. */
function hide(client: QueryClient, paths: readonly string[]): void {
  const gone = new Set(paths);
  for (const folder of new Set(paths.map(parentPath))) {
    client.setQueryData<InfiniteData<FolderPage, string | null>>(
      ['files', folder],
      (list) =>
        list && {
          ...list,
          pages: list.pages.map((page) => ({
            ...page,
            entries: page.entries.filter((entry) => !gone.has(entry.path)),
          })),
        },
    );
  }
}

const refresh = (client: QueryClient): void => void client.invalidateQueries({ queryKey: ['files'] });

/** Moves into a folder. Names that are taken are asked about once, for all of them. */
export function useMoveFiles(): (paths: readonly string[], folder: string) => void {
  const client = useQueryClient();
  return useCallback(
    (paths, folder) => {
      const moving = paths.filter((path) => parentPath(path) !== folder && path !== folder);
      if (moving.length === 0) return;
      void moveAll(moving, folder)
        .then((count) => count > 0 && notifyDone(t('files.moved', { count, folder })))
        .catch(notifyError)
        .finally(() => refresh(client));
    },
    [client],
  );
}

async function moveAll(paths: readonly string[], folder: string): Promise<number> {
  const taken: string[] = [];
  let moved = 0;
  const move = async (path: string, conflict: ConflictPolicy): Promise<void> => {
    await call(files.move, { body: { from: path, to: joinPath(folder, baseName(path)), conflict } });
    moved += 1;
  };
  for (const path of paths) {
    try {
      await move(path, 'fail');
    } catch (thrown) {
      if (!(thrown instanceof ApiError && thrown.code === 'PATH_EXISTS')) throw thrown;
      taken.push(path);
    }
  }
  if (taken.length === 0) return moved;
  const policy = await askConflict(folder, taken.map(baseName));
  if (policy !== 'skip') for (const path of taken) await move(path, policy);
  return moved;
}

export function useDeleteFiles(): (entries: readonly FileEntry[]) => void {
  const client = useQueryClient();
  return (entries) =>
    confirm({
      title: t('files.delete.title', { count: entries.length }),
      text: deletionText(entries),
      confirm: t('common.delete'),
      run: () => {
        const paths = entries.map((entry) => entry.path);
        hide(client, paths);
        deleteAll(paths)
          .then(() => notifyDone(t('files.deleted', { count: paths.length })))
          .catch(notifyError)
          .finally(() => refresh(client));
      },
    });
}

function deletionText(entries: readonly FileEntry[]): string {
  const name = entries[0]?.name ?? '';
  const hasFolder = entries.some(({ kind }) => kind === 'folder');
  if (entries.length === 1) return t(hasFolder ? 'files.delete.folder' : 'files.delete.file', { name });
  return t(hasFolder ? 'files.delete.many' : 'files.delete.files', { count: entries.length });
}

/** What one request may name. */
const pathsPerRequest = 1_000;

async function deleteAll(paths: readonly string[]): Promise<void> {
  for (let start = 0; start < paths.length; start += pathsPerRequest) {
    await call(files.remove, { body: { paths: paths.slice(start, start + pathsPerRequest) } });
  }
}

/** One file as it is; several files, and folders, as one zip that the browser can pause and continue. */
export async function downloadFiles(entries: readonly FileEntry[]): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  if (entries.length === 1 && first.kind === 'file') {
    follow(contentUrl(first.path), first.name);
    return;
  }
  try {
    const zip = await call(files.createZip, { body: { paths: entries.map((entry) => entry.path) } });
    follow(zip.url, zip.name);
  } catch (thrown) {
    notifyError(thrown);
  }
}

function follow(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}
