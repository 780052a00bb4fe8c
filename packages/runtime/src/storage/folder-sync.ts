import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes folders and what was renamed into them survive a crash. */
export type FolderSync = {
  /**
   * Creates a folder and syncs each new level into the one above it; calls for one that is being made wait for that. A
   * folder seen before costs nothing.
   */
  ensure(folder: string): Promise<void>;
  /** Lets the next `ensure` look whether a folder is there, and those above it. */
  forget(folder: string): void;
  /** Syncs a folder. Calls that come while a sync of it is under way share the next one. */
  sync(folder: string): Promise<void>;
};

export function createFolderSync(): FolderSync {
  const made = new Map<string, Promise<void>>();
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();

  const start = (folder: string): Promise<void> => {
    const done = syncFolder(folder).finally(() => {
      if (running.get(folder) === done) running.delete(folder);
    });
    running.set(folder, done);
    return done;
  };

  /** A sync that has begun may have passed over what came after its beginning, so that needs another one. */
  const sync = (folder: string): Promise<void> => {
    const current = running.get(folder);
    if (current === undefined) return start(folder);
    const waiting = next.get(folder);
    if (waiting !== undefined) return waiting;
    const following = current
      .catch(() => undefined)
      .then(() => {
        next.delete(folder);
        return start(folder);
      });
    next.set(folder, following);
    return following;
  };

  async function make(folder: string): Promise<void> {
    const isNew = await createFolder(folder).catch(async (error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
      await ensure(dirname(folder));
      return await createFolder(folder);
    });
    if (isNew) await sync(dirname(folder));
  }

  function ensure(folder: string): Promise<void> {
    const known = made.get(folder);
    if (known !== undefined) return known;
    const making = make(folder).catch((error: unknown) => {
      made.delete(folder);
      throw error;
    });
    made.set(folder, making);
    return making;
  }

  return {
    sync,
    ensure,
    forget: (folder) => {
      for (let level = folder; made.delete(level); level = dirname(level));
    },
  };
}

/** False when it is there already. */
async function createFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/** Syncs a folder once. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
