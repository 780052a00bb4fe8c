import { AppError, type FileTask } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import type { FileRow } from '../store/files/file-row.ts';
import { findChildren } from '../store/files/find-children.ts';
import type { SourceRow } from '../store/tasks/task-rows.ts';
import { type CollectedSource, collectSources } from './collect-sources.ts';
import { formatPath, parsePath } from './parse-path.ts';
import { resolveFile, resolveFolder, walkPath } from './resolve-path.ts';
import { volumeNames } from './volume-names.ts';

/** The blobs and names a task will read, as they are at this moment. Throws `PATH_NOT_FOUND`, `IS_A_FOLDER`. */
export async function readTaskSources(db: Db, userId: string, request: FileTask): Promise<SourceRow[]> {
  if (request.kind === 'create-archive') {
    const { sources } = await collectSources(db, userId, request.sources);
    return sources.map(toSourceRow);
  }
  const volumes = await findVolumes(db, userId, request.source);
  return volumes.map((file) => toSourceRow({ ...file, kind: 'file', path: file.name }));
}

/**
 * The archive at a path. When it is a volume of a split archive, all volumes that lie in its folder without a gap,
 * in order; which of them was named makes no difference. Throws `PATH_NOT_FOUND`, `IS_A_FOLDER`.
 */
export async function findVolumes(db: Db, userId: string, path: string): Promise<FileRow[]> {
  const file = await resolveFile(db, userId, parsePath(path));
  const volumes = volumeNames(file.name);
  const { parentId } = file;
  if (volumes === null || parentId === null) return [file];
  const wanted = volumes.last === null ? volumes.names : [...volumes.names, volumes.last];
  const children = await findChildren(db, { userId, children: wanted.map((name) => ({ parentId, name })) });
  const byName = new Map(children.filter((row) => row.kind === 'file').map((row) => [row.name, row]));
  const found: FileRow[] = [];
  for (const name of volumes.names) {
    const row = byName.get(name);
    if (row === undefined) break;
    found.push(row);
  }
  const last = byName.get(volumes.last ?? '');
  const all = found.length > 0 && last !== undefined ? [...found, last] : found;
  return all.some((row) => row.id === file.id) ? all : [file];
}

/**
 * Refuses a destination that could only fail at the end: a file where a folder is needed, or a taken name under the
 * policy `fail`. What changes until the task ends is decided then.
 */
export async function checkTaskDestination(db: Db, userId: string, request: FileTask): Promise<void> {
  const names = parsePath(request.destination);
  const folder = request.kind === 'extract-archive' ? names : names.slice(0, -1);
  const rows = await walkPath(db, userId, folder);
  const deepest = rows.at(-1);
  if (deepest?.kind === 'file') await resolveFolder(db, userId, folder.slice(0, rows.length - 1));
  if (request.kind === 'extract-archive') return;
  if (names.length === 0) throw new AppError('IS_A_FOLDER', '"/" is a folder; name the archive to create');
  const taken = (await walkPath(db, userId, names))[names.length];
  if (taken === undefined) return;
  if (request.conflict === 'fail' || (request.conflict === 'overwrite' && taken.kind === 'folder')) {
    throw new AppError('PATH_EXISTS', `"${formatPath(names)}" exists already, as a ${taken.kind}`);
  }
}

const toSourceRow = (source: CollectedSource): SourceRow => ({
  kind: source.kind,
  path: source.path,
  modified_at_ms: source.modifiedAtMs,
  mode: source.mode,
  blob_id: source.blobId,
  size_bytes: source.sizeBytes,
});
