import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { CommandError } from '../errors/command-error.ts';
import { toLocalFileError } from '../errors/local-file-error.ts';

/** What is remembered between commands. The file is readable by its owner only, since the token is a secret. */
export const StoredSession = z.object({
  url: z.url(),
  user: z.string(),
  token: z.string(),
  expiresAtMs: z.number(),
});
export type StoredSession = z.infer<typeof StoredSession>;

/** Null when nobody has signed in. */
export async function readSession(path: string): Promise<StoredSession | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw toLocalFileError(error, path);
  });
  if (text === null) return null;
  const parsed = StoredSession.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw CommandError.local('CONFIG_INVALID', `${path} is not a Longshore session`, {
    hint: 'Sign in again with `longshore login URL --user NAME`.',
  });
}

export async function writeSession(path: string, session: StoredSession): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(session, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw toLocalFileError(error, path);
  }
}

export const removeSession = (path: string): Promise<void> => rm(path, { force: true });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
