import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes folders and what was renamed into them survive a crash. */
export type FolderSync = {
  /** Creates a folder and syncs each new level into the one above it. A folder seen before costs nothing. */
  ensure(folder: string): Promise<void>;
  /** Makes `ensure` look at a folder again that somebody else has deleted. */
  forget(folder: string): void;
  /** Syncs a folder. Calls that come while a sync of it is under way share the next one. */
  sync(folder: string): Promise<void>;
};

export function createFolderSync(): FolderSync {
  const known = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();

  const start = (folder: string): Promise<void> => {
    const done = syncNow(folder).finally(() => {
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

  return {
    sync,
    forget: (folder) => void known.delete(folder),
    ensure: async (folder) => {
      if (known.has(folder)) return;
      const first = await mkdir(folder, { recursive: true });
      if (first !== undefined) {
        for (let level = folder; level.length >= first.length; level = dirname(level))
          await sync(dirname(level));
      }
      known.add(folder);
    },
  };
}

async function syncNow(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
