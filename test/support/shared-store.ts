import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from './programs.ts';

/** A data directory of its own, with the bytes in a folder that several masters have, as on a mount. */
export async function sharedStore(shared: string): Promise<string> {
  const dataPath = await tempFolder('master');
  for (const folder of ['blobs', 'staging']) {
    await mkdir(join(shared, folder), { recursive: true });
    await symlink(join(shared, folder), join(dataPath, folder));
  }
  return dataPath;
}
