import { open, rm } from 'node:fs/promises';
import { toLocalFileError } from '../../errors/local-file-error.ts';

/**
 * A new file that only its owner can read. It is created at once, so that a path that cannot be written is known
 * before anything else happens; `discard` takes it away again.
 */
export async function newPrivateFile(path: string) {
  const fail = (error: unknown): never => {
    throw toLocalFileError(error, path);
  };
  const file = await open(path, 'wx', 0o600).catch(fail);
  return {
    finish: async (content: string): Promise<void> => {
      await file.writeFile(content).catch(fail);
      await file.close();
    },
    discard: async (): Promise<void> => {
      await file.close();
      await rm(path, { force: true });
    },
  };
}
