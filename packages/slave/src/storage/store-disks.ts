import { statfs } from 'node:fs/promises';
import type { StoreDisk } from '@longshore/protocol';

/** The disks of the stores that this node has as folders, by name. One whose folder does not answer is left out. */
export async function storeDisks(stores: Readonly<Record<string, string>>): Promise<StoreDisk[]> {
  const disks = Object.entries(stores).map(async ([name, path]) => {
    const found = await statfs(path).catch(() => null);
    if (found === null) return [];
    const { bavail, blocks, bsize } = found;
    return [{ name, freeBytes: bavail * bsize, totalBytes: blocks * bsize }];
  });
  return (await Promise.all(disks)).flat();
}
