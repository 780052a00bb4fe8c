import { AppError } from '@longshore/protocol';
import { deleteTrees } from '../store/files/delete-trees.ts';
import { changeUsedBytes, lockTree } from '../store/files/quota.ts';
import type { FileDeps } from './file-deps.ts';
import { formatPath, parsePath } from './parse-path.ts';
import { resolvePath } from './resolve-path.ts';

/**
 * Deletes files, and folders with everything in them: all of them, or none when one is not there. Throws
 * `PATH_NOT_FOUND`, `PATH_INVALID` for the root folder.
 */
export async function removePaths(
  deps: FileDeps,
  request: { userId: string; paths: readonly string[] },
): Promise<void> {
  const { userId } = request;
  const all = request.paths.map((path) => parsePath(path));
  if (all.some((names) => names.length === 0)) {
    throw new AppError('PATH_INVALID', 'the root folder cannot be deleted');
  }
  await deps.database.transaction(async (tx) => {
    await lockTree(tx, userId);
    const ids: string[] = [];
    for (const names of all) ids.push((await resolvePath(tx, userId, names)).id);
    await changeUsedBytes(tx, userId, -(await deleteTrees(tx, userId, ids)));
  });
  const folders = new Set(all.map((names) => formatPath(names.slice(0, -1))));
  for (const folder of folders) deps.filesChanged(userId, folder);
}
