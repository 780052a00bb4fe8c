import { AppError, type ConflictPolicy, type FileEntry } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { deleteTrees } from '../store/files/delete-trees.ts';
import type { FileRow } from '../store/files/file-row.ts';
import { findChildren } from '../store/files/find-children.ts';
import { listChildren } from '../store/files/list-children.ts';
import { heightOf, moveFile, moveFreeChildren } from '../store/files/move-files.ts';
import { changeUsedBytes, lockTree } from '../store/files/quota.ts';
import type { FileDeps } from './file-deps.ts';
import { freeName } from './free-name.ts';
import { formatPath, maxPathDepth, type PathNames, parsePath } from './parse-path.ts';
import { resolveFolder, resolvePath, walkPath } from './resolve-path.ts';
import { toFileEntry } from './to-file-entry.ts';

type Move = { userId: string; source: FileRow; parentId: string; names: PathNames; conflict: ConflictPolicy };

/**
 * Moves or renames; `to` is the full new path, whose parent exists. When the name is taken: `fail` refuses,
 * `rename` chooses "name (1)", `overwrite` replaces a file by a file and merges a folder into a folder, file by file.
 * A file never replaces a folder, nor a folder a file. Throws `PATH_NOT_FOUND`, `PATH_EXISTS`, `FOLDER_INTO_ITSELF`.
 */
export async function movePath(
  deps: FileDeps,
  request: { userId: string; from: string; to: string; conflict: ConflictPolicy },
): Promise<FileEntry> {
  const { userId, conflict } = request;
  const from = parsePath(request.from);
  const to = parsePath(request.to);
  if (from.length === 0) throw new AppError('PATH_INVALID', 'the root folder cannot be moved');
  if (to.length === 0) throw new AppError('PATH_EXISTS', 'the root folder cannot be replaced');
  const moved = await deps.database.transaction(async (tx) => {
    await lockTree(tx, userId);
    const source = await resolvePath(tx, userId, from);
    const parent = await resolveFolder(tx, userId, to.slice(0, -1));
    await refuseCycle(tx, { userId, source, from, to });
    const names = await place(tx, { userId, source, parentId: parent.id, names: to, conflict });
    return toFileEntry(await resolvePath(tx, userId, names), names);
  });
  const folders = new Set([formatPath(from.slice(0, -1)), formatPath(to.slice(0, -1))]);
  for (const folder of folders) deps.filesChanged(userId, folder);
  return moved;
}

async function refuseCycle(
  tx: Db,
  move: { userId: string; source: FileRow; from: PathNames; to: PathNames },
): Promise<void> {
  const { source, from, to } = move;
  if (source.kind === 'file') return;
  const above = await walkPath(tx, move.userId, to.slice(0, -1));
  if (above.some((row) => row.id === source.id)) {
    const message = `"${formatPath(from)}" cannot be moved into itself`;
    throw new AppError('FOLDER_INTO_ITSELF', message);
  }
  if (to.length <= from.length) return;
  if (to.length + (await heightOf(tx, source.id)) > maxPathDepth) {
    throw new AppError('PATH_INVALID', `the content would be more than ${maxPathDepth} folders deep`);
  }
}

/** Puts the source at the new place, by the conflict policy. Answers where it is then. */
async function place(tx: Db, move: Move): Promise<PathNames> {
  const { userId, source, parentId, names, conflict } = move;
  const name = names.at(-1) ?? '';
  const [taken] = await findChildren(tx, { userId, children: [{ parentId, name }] });
  if (taken === undefined || taken.id === source.id) {
    await moveFile(tx, { userId, id: source.id, parentId, name });
    return names;
  }
  if (conflict === 'rename') {
    const free = await freeName(tx, { userId, parentId, name, kind: source.kind });
    await moveFile(tx, { userId, id: source.id, parentId, name: free });
    return [...names.slice(0, -1), free];
  }
  if (conflict === 'fail' || taken.kind !== source.kind) {
    throw new AppError('PATH_EXISTS', `"${formatPath(names)}" exists already, as a ${taken.kind}`);
  }
  if (source.kind === 'folder') {
    await mergeFolder(tx, { userId, source, target: taken, names });
    return names;
  }
  await changeUsedBytes(tx, userId, -(await deleteTrees(tx, userId, [taken.id])));
  await moveFile(tx, { userId, id: source.id, parentId, name });
  return names;
}

async function mergeFolder(
  tx: Db,
  merge: { userId: string; source: FileRow; target: FileRow; names: PathNames },
): Promise<void> {
  const { userId, source, target, names } = merge;
  await moveFreeChildren(tx, { userId, fromId: source.id, toId: target.id });
  for (const kind of ['folder', 'file'] as const) {
    const page = { userId, folderId: source.id, kind, limit: 500 };
    for (let rows = await listChildren(tx, { ...page, after: null }); rows.length > 0; ) {
      for (const child of rows) {
        const childNames = [...names, child.name];
        await place(tx, {
          userId,
          source: child,
          parentId: target.id,
          names: childNames,
          conflict: 'overwrite',
        });
      }
      rows = await listChildren(tx, { ...page, after: rows.at(-1)?.name ?? null });
    }
  }
  await deleteTrees(tx, userId, [source.id]);
}
