import { stem } from '../../../format/paths.ts';

/** The folder of its own for each of several archives: its name without the ending, numbered where two have the same. */
export function ownFolders(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const first = stem(name);
    let folder = first;
    for (let number = 2; taken.has(folder); number += 1) folder = `${first} (${number})`;
    taken.add(folder);
    return folder;
  });
}
