import { AppError, type ConflictPolicy } from '@longshore/protocol';
import type { Db } from '../../database/open-database.ts';
import { deleteTrees } from '../../store/files/delete-trees.ts';
import type { FileRow, NewFile } from '../../store/files/file-row.ts';
import { findChildren } from '../../store/files/find-children.ts';
import { insertFiles } from '../../store/files/insert-files.ts';
import { freeName } from '../free-name.ts';
import { numberedName } from '../numbered-name.ts';

export type FileToPlace = Omit<NewFile, 'id' | 'kind'>;

/** Numbers that are tried for all files at once, before each looks for its own. */
const sharedNumbers = 2;

/**
 * Inserts many files, and settles by the policy those whose name is taken: optimistic, because most names are free.
 * Answers the names they have got, and the bytes of the files they have replaced.
 */
export async function placeFiles(
  tx: Db,
  options: { userId: string; conflict: ConflictPolicy; files: readonly FileToPlace[] },
): Promise<{ files: NewFile[]; freedBytes: number }> {
  const { userId, conflict } = options;
  const files = options.files.map((file): NewFile => ({ ...file, id: crypto.randomUUID(), kind: 'file' }));
  const taken = await insertFiles(tx, userId, files);
  if (taken.length === 0) return { files, freedBytes: 0 };
  if (conflict === 'fail') throw await conflictOf(tx, userId, taken);
  if (conflict === 'overwrite') return { files, freedBytes: await replace(tx, userId, taken) };
  const renamed = await rename(tx, userId, taken);
  return { files: files.map((file) => renamed.get(file.id) ?? file), freedBytes: 0 };
}

/** Of several files of one name the last one stays. */
async function replace(tx: Db, userId: string, files: NewFile[]): Promise<number> {
  let freedBytes = 0;
  for (let waiting = files; waiting.length > 0; waiting = await insertFiles(tx, userId, waiting)) {
    const present = await findChildren(tx, { userId, children: waiting });
    const folder = present.find((row) => row.kind === 'folder');
    if (folder !== undefined) throw pathExists(folder);
    freedBytes += await deleteTrees(
      tx,
      userId,
      present.map((row) => row.id),
    );
  }
  return freedBytes;
}

async function rename(tx: Db, userId: string, files: NewFile[]): Promise<Map<string, NewFile>> {
  const renamed = new Map<string, NewFile>();
  const originals = new Map(files.map((file) => [file.id, file.name]));
  let waiting = files;
  for (let number = 1; number <= sharedNumbers && waiting.length > 0; number += 1) {
    const named = waiting.map((file) => ({
      ...file,
      name: numberedName(originals.get(file.id) ?? file.name, number, 'file'),
    }));
    for (const file of named) renamed.set(file.id, file);
    waiting = await insertFiles(tx, userId, named);
  }
  for (const file of waiting) {
    const name = originals.get(file.id) ?? file.name;
    const free = await freeName(tx, { userId, parentId: file.parentId, name, kind: 'file' });
    await insertFiles(tx, userId, [{ ...file, name: free }]);
    renamed.set(file.id, { ...file, name: free });
  }
  return renamed;
}

async function conflictOf(tx: Db, userId: string, taken: readonly NewFile[]): Promise<AppError> {
  const [present] = await findChildren(tx, { userId, children: taken.slice(0, 1) });
  return pathExists(present ?? { name: taken[0]?.name ?? '', kind: 'file' });
}

const pathExists = (row: Pick<FileRow, 'name' | 'kind'>): AppError =>
  new AppError('PATH_EXISTS', `"${row.name}" exists already in the destination, as a ${row.kind}`);
