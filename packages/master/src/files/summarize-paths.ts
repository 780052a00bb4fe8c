import { AppError } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { findChildren } from '../store/files/find-children.ts';
import { sumTrees, type TreeSum } from '../store/files/sum-trees.ts';
import { formatPath, type PathNames, parsePath } from './parse-path.ts';
import { resolveFolder, resolvePath } from './resolve-path.ts';

/**
 * How much a selection holds, folders with everything in them; what is selected twice, or lies in a folder that is
 * selected too, counts once and is not looked up. The root folder itself does not count. Throws `PATH_NOT_FOUND`.
 */
export async function summarizePaths(db: Db, userId: string, paths: readonly string[]): Promise<TreeSum> {
  const selected = new Map(paths.map((path) => parsePath(path)).map((names) => [formatPath(names), names]));
  if (selected.has('/')) return sumTrees(db, userId, [(await resolvePath(db, userId, [])).id]);
  const outermost = [...selected.values()].filter((names) => !isBelowAnother(names, selected));
  const ids: string[] = [];
  for (const siblings of Map.groupBy(outermost, (names) => formatPath(names.slice(0, -1))).values()) {
    const folder = await resolveFolder(db, userId, siblings[0]?.slice(0, -1) ?? []);
    const children = siblings.map((names) => ({ parentId: folder.id, name: names.at(-1) ?? '' }));
    const found = await findChildren(db, { userId, children });
    const byName = new Map(found.map((row) => [row.name, row.id]));
    for (const names of siblings) {
      const id = byName.get(names.at(-1) ?? '');
      if (id === undefined) throw new AppError('PATH_NOT_FOUND', `"${formatPath(names)}" does not exist`);
      ids.push(id);
    }
  }
  return sumTrees(db, userId, ids);
}

const isBelowAnother = (names: PathNames, selected: ReadonlyMap<string, PathNames>): boolean =>
  names.some((_, depth) => depth > 0 && selected.has(formatPath(names.slice(0, depth))));
