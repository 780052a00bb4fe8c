/**
 * Which entry owns which name. The first entry of a name keeps it and every later one is refused: what was stored
 * stays stored, and the outcome does not depend on threads or on how the work was split.
 *
 * Names are one when they are equal after Unicode normalisation and case folding, because they would be one on
 * the machine the files end up on. A folder may come any number of times; a file and a folder exclude each other,
 * also when the folder is only implied by a deeper path.
 */
export type EntryNames = {
  /** Claims a path, or says which path has it already. */
  claim(path: string, type: 'file' | 'folder', index: number): { readonly takenBy: string } | null;
  /** The index of the file that owns exactly this path. */
  fileAt(path: string): number | undefined;
};

export function createEntryNames(): EntryNames {
  const owners = new Map<string, { path: string; fileIndex: number }>();
  const knownFolders = new Set<string>();
  const isFolder = -1;

  function claimFolder(path: string): { takenBy: string } | null {
    if (knownFolders.has(path)) return null;
    const slash = path.lastIndexOf('/');
    if (slash !== -1) {
      const taken = claimFolder(path.slice(0, slash));
      if (taken !== null) return taken;
    }
    const key = foldName(path);
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, { path, fileIndex: isFolder });
    else if (owner.fileIndex !== isFolder || owner.path !== path) return { takenBy: owner.path };
    knownFolders.add(path);
    return null;
  }

  return {
    claim(path, type, index) {
      if (type === 'folder') return claimFolder(path);
      const slash = path.lastIndexOf('/');
      const taken = slash === -1 ? null : claimFolder(path.slice(0, slash));
      if (taken !== null) return taken;
      const key = foldName(path);
      const owner = owners.get(key);
      if (owner !== undefined) return { takenBy: owner.path };
      owners.set(key, { path, fileIndex: index });
      return null;
    },
    fileAt(path) {
      const owner = owners.get(foldName(path));
      return owner === undefined || owner.path !== path || owner.fileIndex === isFolder
        ? undefined
        : owner.fileIndex;
    },
  };
}

const foldName = (path: string): string => path.toUpperCase().toLowerCase().normalize('NFC');
