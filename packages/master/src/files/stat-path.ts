import type { FileEntry } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import type { FileRow } from '../store/files/file-row.ts';
import { parsePath } from './parse-path.ts';
import { resolveFile, resolvePath } from './resolve-path.ts';
import { toFileEntry } from './to-file-entry.ts';

/** One file or folder. Throws `PATH_NOT_FOUND` or `NOT_A_FOLDER`. */
export async function statPath(db: Db, userId: string, path: string): Promise<FileEntry> {
  const names = parsePath(path);
  return toFileEntry(await resolvePath(db, userId, names), names);
}

/** A file with the place of its bytes. Throws like `statPath`, and `IS_A_FOLDER`. */
export async function findFile(
  db: Db,
  userId: string,
  path: string,
): Promise<FileRow & { blobId: string; storeId: string; sha256: string }> {
  const { blobId, storeId, sha256, ...row } = await resolveFile(db, userId, parsePath(path));
  if (blobId === null || storeId === null || sha256 === null) throw new Error(`file ${row.id} has no blob`);
  return { ...row, blobId, storeId, sha256 };
}
