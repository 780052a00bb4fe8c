import { AppError, type ConflictPolicy } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { deleteTrees } from '../store/files/delete-trees.ts';
import { findChildren } from '../store/files/find-children.ts';
import { insertFiles } from '../store/files/insert-files.ts';
import { changeUsedBytes, lockTree } from '../store/files/quota.ts';
import { ensureFolder } from './ensure-folder.ts';
import { freeName } from './free-name.ts';
import { formatPath, type PathNames } from './parse-path.ts';

export type PublishedFile = {
  readonly fileId: string;
  readonly path: string;
  /** The folder whose content changed; above it nothing did. */
  readonly changedFolder: string;
};

/**
 * Gives a blob a name in a user's tree, in the caller's transaction; missing parent folders are made. Counts the size
 * against the quota, less `reservedBytes` that the caller has counted before. Throws `PATH_EXISTS`, `NOT_A_FOLDER`,
 * `QUOTA_EXCEEDED`.
 */
export async function publishFile(
  tx: Db,
  file: {
    userId: string;
    names: PathNames;
    conflict: ConflictPolicy;
    blobId: string;
    sizeBytes: number;
    reservedBytes: number;
    mode: number;
    modifiedAtMs: number | null;
  },
): Promise<PublishedFile> {
  const { userId, names, conflict } = file;
  await lockTree(tx, userId);
  const parentNames = names.slice(0, -1);
  const { folder, changed } = await ensureFolder(tx, userId, parentNames);
  const slot = await takeName(tx, { userId, parentId: folder.id, names, conflict });
  await changeUsedBytes(tx, userId, file.sizeBytes - file.reservedBytes - slot.freedBytes);
  const fileId = crypto.randomUUID();
  const { blobId, sizeBytes, mode, modifiedAtMs } = file;
  const row = { id: fileId, parentId: folder.id, name: slot.name, kind: 'file' as const };
  await insertFiles(tx, userId, [{ ...row, blobId, sizeBytes, mode, modifiedAtMs }]);
  return {
    fileId,
    path: formatPath([...parentNames, slot.name]),
    changedFolder: formatPath(changed ?? parentNames),
  };
}

/** A free name for the file, by the conflict policy. */
async function takeName(
  tx: Db,
  wanted: { userId: string; parentId: string; names: PathNames; conflict: ConflictPolicy },
): Promise<{ name: string; freedBytes: number }> {
  const { userId, parentId, names, conflict } = wanted;
  const name = names.at(-1);
  if (name === undefined) throw new AppError('IS_A_FOLDER', '"/" is a folder');
  const [taken] = await findChildren(tx, { userId, children: [{ parentId, name }] });
  if (taken === undefined) return { name, freedBytes: 0 };
  if (conflict === 'rename') {
    return { name: await freeName(tx, { userId, parentId, name, kind: 'file' }), freedBytes: 0 };
  }
  if (conflict === 'fail' || taken.kind === 'folder') {
    throw new AppError('PATH_EXISTS', `"${formatPath(names)}" exists already, as a ${taken.kind}`);
  }
  return { name, freedBytes: await deleteTrees(tx, userId, [taken.id]) };
}
