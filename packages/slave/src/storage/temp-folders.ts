import { createHash } from 'node:crypto';
import type { StatsFs } from 'node:fs';
import { access, constants, lstat, mkdir, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type TempDisk } from '@longshore/protocol';
import type { TempSpace } from '../archive/ports.ts';
import { systemCodeOf, toSystemError } from '../errors/system-error.ts';
import { measureSparingly } from './measure-sparingly.ts';

/** The folder of temporary files: private to this slave, and empty when nothing runs. */
export type TempFolders = {
  readonly root: string;
  /** Null when the folder cannot be made again or its file system does not answer with numbers. */
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
  const reservations = new Set<{ readonly bytes: number; folder: string | null }>();
  const reserved = (): number => [...reservations].reduce((sum, { bytes }) => sum + bytes, 0);

  /** What the work has already taken from the disk, of what it was promised. */
  async function written(): Promise<number> {
    const parts = [...reservations].map(async ({ bytes, folder }) =>
      folder === null ? 0 : Math.min(bytes, await sizeOnDisk(folder)),
    );
    return (await Promise.all(parts)).reduce((sum, bytes) => sum + bytes, 0);
  }

  /** For those who only tell it: heartbeats do not wait for a walk through all files of a large piece of work. */
  const writtenLately = measureSparingly(written);

  /** Its folder is made again when somebody has cleaned it away, as programs do that tidy /tmp. */
  async function rootDisk(): Promise<StatsFs> {
    return await statfs(root).catch(async (error: unknown) => {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
      await mkdir(tempPath, { recursive: true });
      await mkdir(root, { mode: 0o700 }).catch((cause: unknown) => {
        if (systemCodeOf(cause) !== 'EEXIST') throw cause;
      });
      return await statfs(root);
    });
  }

  async function reserve(
    prefix: string,
    bytes: number,
  ): Promise<{ folder: string; release(): Promise<void> }> {
    const writtenBytes = await written();
    const { bavail, bsize } = await rootDisk();
    const freeBytes = Math.max(0, bavail * bsize + writtenBytes - reserved() - minFreeBytes());
    if (bytes > freeBytes) {
      throw new AppError(
        'NO_SPACE',
        `the temporary folder has ${freeBytes} bytes left for work, ${bytes} are needed`,
        {
          details: { neededBytes: bytes, freeBytes },
        },
      );
    }
    const reservation: { bytes: number; folder: string | null } = { bytes, folder: null };
    reservations.add(reservation);
    let release = async (): Promise<void> => {
      reservations.delete(reservation);
    };
    try {
      const folder = await mkdtemp(join(root, `${prefix}-`));
      reservation.folder = folder;
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
        // Of work that has ended meanwhile nothing is left.
        const writtenBytes = Math.min(await writtenLately(), reserved());
        const { bavail, blocks, bsize } = await rootDisk();
        return {
          path: root,
          freeBytes: bavail * bsize,
          totalBytes: blocks * bsize,
          reservedBytes: reserved(),
          writtenBytes,
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

/** Bytes that all files below a folder occupy; files that go meanwhile occupy none. */
async function sizeOnDisk(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const found = await lstat(join(entry.parentPath, entry.name)).catch(() => null);
    bytes += (found?.blocks ?? 0) * 512;
  }
  return bytes;
}
