import { dirname } from 'node:path';

/** Folders that could not be made. What belongs in them is not tried: their one failure says it all. */
export type BlockedFolders = {
  add(folder: string): void;
  /** Whether a folder above the path is blocked. */
  hold(path: string): boolean;
};

export function createBlockedFolders(): BlockedFolders {
  const blocked = new Set<string>();
  return {
    add: (folder) => void blocked.add(folder),
    hold: (path) => {
      for (let above = dirname(path); ; above = dirname(above)) {
        if (blocked.has(above)) return true;
        if (above === dirname(above)) return false;
      }
    },
  };
}
