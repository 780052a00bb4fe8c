import { type FileEntry, files } from '@longshore/protocol';
import type { Api } from '../api/api.ts';
import { listFolder } from '../api/list-folder.ts';
import { CommandError } from '../errors/command-error.ts';
import { inParallel } from './in-parallel.ts';

const parallelListings = 6;

/** Everything below a folder, each folder before what is in it; folders of one depth are listed at the same time. */
export async function readRemoteTree(api: Api, folder: string): Promise<FileEntry[]> {
  const found: FileEntry[] = [];
  let level = [folder];
  while (level.length > 0) {
    const below: FileEntry[] = [];
    await inParallel(level, parallelListings, async (path) => {
      below.push(...(await listFolder(api, path)).entries);
    });
    found.push(...below);
    level = below.filter(({ kind }) => kind === 'folder').map(({ path }) => path);
  }
  return found;
}

/** What is stored at a path, or null when nothing is. */
export async function statRemote(api: Api, path: string): Promise<FileEntry | null> {
  try {
    return await api.call(files.stat, { query: { path } });
  } catch (error) {
    if (error instanceof CommandError && error.code === 'PATH_NOT_FOUND') return null;
    throw error;
  }
}
