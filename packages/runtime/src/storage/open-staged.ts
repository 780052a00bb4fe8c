import { access, type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@longshore/protocol';
import { stagingPath } from './blob-path.ts';

/**
 * Opens a new file for a blob that is not whole yet. A folder of staged files that somebody has cleaned away is made
 * again, as long as the folder of blobs beside it is there: where both are gone the disk of the store is, and what would
 * be written in its place nobody would find again. Throws `STORAGE_FAILED` then, else what the operating system says.
 */
export async function openStaged(
  root: string,
  options: { name: string; flags: 'w' | 'wx'; mode: number },
): Promise<FileHandle> {
  const path = stagingPath(root, options.name);
  const openNew = (): Promise<FileHandle> => open(path, options.flags, options.mode);
  try {
    return await openNew();
  } catch (error) {
    if (!isMissing(error)) throw error;
    await access(join(root, 'blobs')).catch((cause: unknown) => {
      if (!isMissing(cause)) throw cause;
      throw new AppError('STORAGE_FAILED', 'the folder of the store is empty: is its disk mounted?', {
        cause,
      });
    });
    await mkdir(dirname(path), { recursive: true });
    return await openNew();
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
