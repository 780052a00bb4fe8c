import { createReadStream } from 'node:fs';
import { link, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '@longshore/protocol';
import { createBlobDigest, type FolderSync } from '@longshore/runtime';
import type { WrittenBlob } from '../../storage-driver.ts';
import { systemCodeOf } from './disk-error.ts';

/** File systems without hard links answer one of these. */
const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Gives a synced temporary file its final name, unless another file has it: a hard link, which never replaces, where
 * `rename` would. The same bytes under the name already are no error. The name itself is synced before this returns.
 */
export async function publishBlob(options: {
  from: string;
  to: string;
  written: WrittenBlob;
  folders: FolderSync;
}): Promise<void> {
  const { from, to, written, folders } = options;
  const folder = dirname(to);
  try {
    await folders.ensure(folder);
    await place(from, to).catch(async (error: unknown) => {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
      folders.forget(folder);
      await folders.ensure(folder);
      await place(from, to);
    });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
    await requireSameBytes(to, written);
  }
  await unlink(from).catch(ignoreMissing);
  await folders.sync(folder);
}

/** Gives a file a name that nothing has yet; throws `EEXIST`, and may leave the old name. */
export async function place(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!noLinks.includes(systemCodeOf(error) ?? '')) throw error;
    const taken = await stat(to).catch(ignoreMissing);
    if (taken !== undefined) throw Object.assign(new Error(`${to} exists`), { code: 'EEXIST', cause: error });
    await rename(from, to);
  }
}

async function requireSameBytes(path: string, written: WrittenBlob): Promise<void> {
  const present = await digestFile(path);
  if (present.sha256 === written.sha256 && present.sizeBytes === written.sizeBytes) return;
  throw new AppError('STORAGE_FAILED', `${path} is taken by other bytes; blobs never change`);
}

/** Reads a file for its size and digests. */
export async function digestFile(path: string): Promise<WrittenBlob> {
  const digest = createBlobDigest();
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    digest.add(chunk);
  }
  return digest.facts();
}

export function ignoreMissing(error: unknown): undefined {
  if (systemCodeOf(error) !== 'ENOENT') throw error;
}
