import { AppError } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { defaultMode, type FileRow } from '../store/files/file-row.ts';
import { insertFiles } from '../store/files/insert-files.ts';
import { formatPath, type PathNames } from './parse-path.ts';
import { resolveFolder, walkPath } from './resolve-path.ts';

/**
 * The folder at a path, made together with its missing parents. The caller has locked the tree. `changed` is the
 * nearest folder that was there before, when one was made. Throws `NOT_A_FOLDER` when a file stands in the way.
 */
export async function ensureFolder(
  tx: Db,
  userId: string,
  names: PathNames,
): Promise<{ folder: FileRow; changed: PathNames | null }> {
  const rows = await walkPath(tx, userId, names);
  const present = rows.length - 1;
  const deepest = rows.at(-1) ?? rows[0];
  if (deepest.kind === 'file') {
    throw new AppError('NOT_A_FOLDER', `"${formatPath(names.slice(0, present))}" is a file`);
  }
  if (present === names.length) return { folder: deepest, changed: null };
  let parentId = deepest.id;
  const missing = names.slice(present).map((name) => {
    const id = crypto.randomUUID();
    const row = { id, parentId, name, kind: 'folder' as const, blobId: null, sizeBytes: 0 };
    parentId = id;
    return { ...row, mode: defaultMode.folder, modifiedAtMs: null };
  });
  await insertFiles(tx, userId, missing);
  return { folder: await resolveFolder(tx, userId, names), changed: names.slice(0, present) };
}
