import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { toLocalFileError } from '../errors/local-file-error.ts';

/** `parts` are the names below the root of the tree; empty for the root itself. */
export type LocalFile = {
  readonly localPath: string;
  readonly parts: readonly string[];
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly mode: number;
};

export type LocalFolder = { readonly parts: readonly string[]; readonly modifiedAtMs: number };

export type LocalTree = {
  readonly kind: 'file' | 'folder';
  readonly name: string;
  readonly files: readonly LocalFile[];
  /** Every folder, the root included, each before those in it. */
  readonly folders: readonly LocalFolder[];
  /** Links, sockets and devices: they have no bytes to store. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
};

/** All there is at a path of this machine. The path itself may be a link; links inside are skipped and named. */
export async function readLocalTree(path: string): Promise<LocalTree> {
  const files: LocalFile[] = [];
  const folders: LocalFolder[] = [];
  const skipped: { path: string; reason: string }[] = [];

  async function readFolder(folder: string, parts: readonly string[], modifiedAtMs: number): Promise<void> {
    folders.push({ parts, modifiedAtMs });
    for (const name of (await readdir(folder)).sort()) await readEntry(join(folder, name), [...parts, name]);
  }

  async function readEntry(localPath: string, parts: readonly string[]): Promise<void> {
    const found = await (parts.length === 0 ? stat(localPath) : lstat(localPath));
    const modifiedAtMs = Math.floor(found.mtimeMs);
    if (found.isDirectory()) return readFolder(localPath, parts, modifiedAtMs);
    if (found.isFile()) {
      files.push({ localPath, parts, sizeBytes: found.size, modifiedAtMs, mode: found.mode & 0o777 });
    } else {
      skipped.push({ path: localPath, reason: found.isSymbolicLink() ? 'a link' : 'a special file' });
    }
  }

  try {
    await readEntry(resolve(path), []);
  } catch (error) {
    throw toLocalFileError(error, errorPath(error) ?? path);
  }
  const kind = folders.length > 0 ? 'folder' : 'file';
  return { kind, name: basename(resolve(path)), files, folders, skipped };
}

const errorPath = (error: unknown): string | undefined =>
  error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
