import { AppError } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { collectTree, type TreeRow } from '../store/files/collect-tree.ts';
import { formatPath, type PathNames, parsePath } from './parse-path.ts';
import { resolvePath } from './resolve-path.ts';

/** A row of `task_sources` but for its task and its place in the order. */
export type CollectedSource = TreeRow;

/**
 * The files and folders at the paths, with everything in them, folders before their content, under the names they get
 * in an archive: relative to the parent of each path, so that "/a/photos" becomes "photos/…"; the content of "/" stands
 * at the top. Throws `PATH_NOT_FOUND`, and `PATH_EXISTS` when two of the paths would meet in the archive.
 */
export async function collectSources(
  db: Db,
  userId: string,
  paths: readonly string[],
): Promise<{ sources: CollectedSource[]; totalBytes: number }> {
  const all = paths.map((path) => parsePath(path));
  refuseMeeting(all);
  const sources: CollectedSource[] = [];
  let totalBytes = 0;
  for (const names of all) {
    const root = await resolvePath(db, userId, names);
    for (const row of await collectTree(db, { userId, id: root.id, path: names.at(-1) ?? '' })) {
      sources.push(row);
      totalBytes += row.sizeBytes;
    }
  }
  return { sources, totalBytes };
}

function refuseMeeting(all: readonly PathNames[]): void {
  const byName = new Map<string, PathNames>();
  for (const names of all) {
    const name = names.at(-1) ?? '';
    const other = byName.get(name) ?? (all.length > 1 ? all.find(({ length }) => length === 0) : undefined);
    if (other !== undefined && other !== names) {
      const both = `"${formatPath(other)}" and "${formatPath(names)}"`;
      throw new AppError('PATH_EXISTS', `${both} would be stored under the same name`);
    }
    byName.set(name, names);
  }
}
