import { AppError } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { ensureRoot } from '../store/files/ensure-root.ts';
import type { FileRow } from '../store/files/file-row.ts';
import { findPath } from '../store/files/find-path.ts';
import { formatPath, type PathNames } from './parse-path.ts';

/** The rows along a path that exist, from the root folder on, which is made when the user has none yet. */
export async function walkPath(db: Db, userId: string, names: PathNames): Promise<[FileRow, ...FileRow[]]> {
  for (;;) {
    const [root, ...rest] = await findPath(db, { userId, names });
    if (root !== undefined) return [root, ...rest];
    await ensureRoot(db, userId);
  }
}

/** The row at a path. Throws `PATH_NOT_FOUND`, or `NOT_A_FOLDER` when a file stands in the way. */
export async function resolvePath(db: Db, userId: string, names: PathNames): Promise<FileRow> {
  const rows = await walkPath(db, userId, names);
  return rows[names.length] ?? throwMissing(names, rows);
}

/** Like `resolvePath`, and the row must be a folder. */
export async function resolveFolder(db: Db, userId: string, names: PathNames): Promise<FileRow> {
  const row = await resolvePath(db, userId, names);
  if (row.kind === 'file') throw new AppError('NOT_A_FOLDER', `"${formatPath(names)}" is a file`);
  return row;
}

/** Like `resolvePath`, and the row must be a file. */
export async function resolveFile(db: Db, userId: string, names: PathNames): Promise<FileRow> {
  const row = await resolvePath(db, userId, names);
  if (row.kind === 'folder') throw new AppError('IS_A_FOLDER', `"${formatPath(names)}" is a folder`);
  return row;
}

function throwMissing(names: PathNames, rows: readonly FileRow[]): never {
  const last = rows.at(-1);
  if (last?.kind === 'file') {
    const file = formatPath(names.slice(0, rows.length - 1));
    throw new AppError('NOT_A_FOLDER', `"${file}" is a file, so there is no "${formatPath(names)}"`);
  }
  throw new AppError('PATH_NOT_FOUND', `there is no "${formatPath(names)}"`);
}
