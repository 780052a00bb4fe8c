import { toApiError } from '../../../api/api-error.ts';
import { stem } from '../../../format/paths.ts';

/**
 * The folder of its own for each of several archives: its name without the ending, numbered where two have the same
 * and where a file has it, as "notes.txt" next to "notes.txt.zip". A folder that is there already is used.
 */
export async function ownFolders(
  names: readonly string[],
  isFile: (name: string) => Promise<boolean>,
): Promise<string[]> {
  const stems = names.map(stem);
  const areFiles = new Map(
    await Promise.all([...new Set(stems)].map(async (name) => [name, await isFile(name)] as const)),
  );
  const taken = new Set<string>();
  const folders: string[] = [];
  for (const first of stems) {
    let folder = first;
    for (let number = 2; taken.has(folder) || (areFiles.get(folder) ?? (await isFile(folder))); number += 1) {
      folder = `${first} (${number})`;
    }
    taken.add(folder);
    folders.push(folder);
  }
  return folders;
}

/** Whether what is looked up is a file. Throws what the look-up fails with, unless there is nothing. */
export async function isFile(found: Promise<{ kind: 'file' | 'folder' }>): Promise<boolean> {
  try {
    return (await found).kind === 'file';
  } catch (error) {
    if (toApiError(error).code === 'PATH_NOT_FOUND') return false;
    throw error;
  }
}
