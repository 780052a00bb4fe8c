import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The master key: the configured one, else the one in `master.key` of the data directory, made at the first start.
 * Losing it makes the secrets of the nodes unreadable; the files of the users are not encrypted with it.
 */
export async function loadMasterKey(configured: string | undefined, dataPath: string): Promise<Uint8Array> {
  if (configured !== undefined) return Buffer.from(configured, 'utf8');
  const path = join(dataPath, 'master.key');
  try {
    await writeFile(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return Buffer.from((await readFile(path, 'utf8')).trim(), 'utf8');
}
