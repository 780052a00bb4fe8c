import { AppError, type FileEntry } from '@longshore/protocol';
import { defaultMode } from '../store/files/file-row.ts';
import { insertFiles } from '../store/files/insert-files.ts';
import { lockTree } from '../store/files/quota.ts';
import { ensureFolder } from './ensure-folder.ts';
import type { FileDeps } from './file-deps.ts';
import { formatPath, parsePath } from './parse-path.ts';
import { resolveFolder } from './resolve-path.ts';
import { toFileEntry } from './to-file-entry.ts';

/**
 * Makes a folder; with `parents` its missing parents too, and then an existing folder is no error. Throws
 * `PATH_EXISTS`, `PATH_NOT_FOUND` for a missing parent, `NOT_A_FOLDER`.
 */
export async function createFolder(
  deps: FileDeps,
  request: { userId: string; path: string; parents: boolean; modifiedAtMs?: number | undefined },
): Promise<FileEntry> {
  const { userId } = request;
  const names = parsePath(request.path);
  const name = names.at(-1);
  const parentNames = names.slice(0, -1);
  const { changed, folder } = await deps.database.transaction(async (tx) => {
    await lockTree(tx, userId);
    const made = request.parents ? await ensureFolder(tx, userId, parentNames) : null;
    const parent = made?.folder ?? (await resolveFolder(tx, userId, parentNames));
    const row = {
      id: crypto.randomUUID(),
      parentId: parent.id,
      name: name ?? '',
      kind: 'folder' as const,
      blobId: null,
      sizeBytes: 0,
      mode: defaultMode.folder,
      modifiedAtMs: request.modifiedAtMs ?? null,
    };
    const taken = name === undefined || (await insertFiles(tx, userId, [row])).length > 0;
    if (taken && !request.parents) {
      throw new AppError('PATH_EXISTS', `"${formatPath(names)}" exists already`);
    }
    return {
      folder: await resolveFolder(tx, userId, names),
      changed: made?.changed ?? (taken ? null : parentNames),
    };
  });
  if (changed !== null) deps.filesChanged(userId, formatPath(changed));
  return toFileEntry(folder, names);
}
