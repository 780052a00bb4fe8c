import { createHash } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type TempDisk } from '@longshore/protocol';
import type { TempSpace } from '../archive/ports.ts';
import { toSystemError } from '../errors/system-error.ts';

/** The folder of temporary files: private to this slave, and empty when nothing runs. */
export type TempFolders = {
  readonly root: string;
  /** Null when the folder is gone or its file system does not answer with numbers. */
  space(): Promise<TempDisk | null>;
  /** Creates the folder and deletes what a crash has left. Throws `TEMP_NOT_WRITABLE`. */
  prepare(): Promise<void>;
  /** Space for one piece of work, with folders that begin with `name`. `releaseAll` deletes what is left of it. */
  open(name: string): TempSpace & { releaseAll(): Promise<void> };
};

/**
 * `tempPath` may be shared, such as /tmp, so a folder below it that is named after the data folder is used, which
 * only one slave can hold.
 */
export function createTempFolders(options: {
  tempPath: string;
  dataPath: string;
  /** What work must leave free. */
  minFreeBytes: () => number;
}): TempFolders {
  const { tempPath, dataPath, minFreeBytes } = options;
  const name = createHash('sha256').update(dataPath).digest('hex').slice(0, 12);
  const root = join(tempPath, `longshore-${name}`);
  let reservedBytes = 0;

  async function reserve(
    prefix: string,
    bytes: number,
  ): Promise<{ folder: string; release(): Promise<void> }> {
    const { bavail, bsize } = await statfs(root);
    const freeBytes = Math.max(0, bavail * bsize - reservedBytes - minFreeBytes());
    if (bytes > freeBytes) {
      throw new AppError(
        'NO_SPACE',
        `the temporary folder has ${freeBytes} bytes left for work, ${bytes} are needed`,
        {
          details: { neededBytes: bytes, freeBytes },
        },
      );
    }
    reservedBytes += bytes;
    let release = async (): Promise<void> => {
      reservedBytes -= bytes;
    };
    try {
      const folder = await mkdtemp(join(root, `${prefix}-`));
      const giveBack = release;
      release = async () => {
        release = async () => undefined;
        await rm(folder, { recursive: true, force: true });
        await giveBack();
      };
      return { folder, release: () => release() };
    } catch (error) {
      await release();
      throw toSystemError(error, 'the temporary folder');
    }
  }

  return {
    root,
    space: async () => {
      try {
        const { bavail, blocks, bsize } = await statfs(root);
        return {
          path: root,
          freeBytes: bavail * bsize,
          totalBytes: blocks * bsize,
          reservedBytes,
          minFreeBytes: minFreeBytes(),
        };
      } catch {
        return null;
      }
    },
    prepare: async () => {
      try {
        await rm(root, { recursive: true, force: true });
        await mkdir(tempPath, { recursive: true });
        // Not recursive: what somebody else has put in this place meanwhile, a link perhaps, is not ours to write into.
        await mkdir(root, { mode: 0o700 });
        await access(root, constants.W_OK);
      } catch (cause) {
        throw new AppError('TEMP_NOT_WRITABLE', `the temporary folder ${root} cannot be written`, { cause });
      }
    },
    open: (prefix) => {
      const open = new Set<() => Promise<void>>();
      return {
        reserve: async (bytes) => {
          const space = await reserve(prefix, bytes);
          open.add(space.release);
          return {
            folder: space.folder,
            release: async () => {
              open.delete(space.release);
              await space.release();
            },
          };
        },
        releaseAll: async () => {
          for (const release of open) await release();
          open.clear();
        },
      };
    },
  };
}
