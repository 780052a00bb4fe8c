import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@longshore/protocol';

const shortestKey = 32;

/**
 * The master key: the configured one, else the one in `master.key` of the data directory, made at the first start. The
 * directory must be locked. Losing the key makes the secrets of the nodes unreadable; the files of the users are not
 * encrypted with it. Throws `CONFIG_INVALID` for a file that is cut short.
 */
export async function loadMasterKey(configured: string | undefined, dataPath: string): Promise<Uint8Array> {
  if (configured !== undefined) return Buffer.from(configured, 'utf8');
  const path = join(dataPath, 'master.key');
  const text = (await readIfThere(path)) ?? (await makeKey(dataPath, path));
  const key = Buffer.from(text.trim(), 'utf8');
  if (key.length < shortestKey) {
    throw new AppError(
      'CONFIG_INVALID',
      `${path} holds ${key.length} characters, and a master key has at least ${shortestKey}: restore it from a backup, or delete it if nothing was stored yet`,
    );
  }
  return key;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole and on the disk before it has its name: what is encrypted with it must not outlive it. */
async function makeKey(dataPath: string, path: string): Promise<string> {
  const text = `${randomBytes(32).toString('base64url')}\n`;
  const unfinished = `${path}.new`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  const folder = await open(dataPath, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return text;
}
