import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@longshore/protocol';
import { syncFolder } from '@longshore/runtime';
import type { Db } from '../database/open-database.ts';
import { findMeta, metaOnce } from '../store/meta/meta-rows.ts';
import { diskError, systemCodeOf } from './drivers/local/disk-error.ts';
import { ignoreMissing, place } from './drivers/local/publish-blob.ts';

const key = 'store';

/**
 * Refuses a folder that is not the store of this database: two masters with a folder each would miss every other file,
 * and the sweep of one database deletes the bytes that only another knows. Both are marked at the first start. Throws
 * `STORE_MISMATCH`.
 */
export async function requireOwnStore(db: Db, root: string): Promise<void> {
  const folder = join(root, 'blobs');
  const marker = join(folder, 'store.id');
  try {
    await mkdir(folder, { recursive: true });
    const expected = await findMeta(db, key);
    const present = await readMarker(marker);
    if (expected !== undefined) {
      if (present !== expected) throw mismatch(marker, present, expected);
      return;
    }
    if (present !== undefined && (await holdsBlobs(folder))) {
      const message = `${folder} holds the bytes of another database: this one is new, and ${marker} says ${present}`;
      throw new AppError('STORE_MISMATCH', message);
    }
    const ours = present ?? (await mark(folder, marker));
    const first = await metaOnce(db, key, ours);
    if (first !== ours) throw mismatch(marker, ours, first);
  } catch (error) {
    throw diskError(error, `${marker} cannot be read or written`);
  }
}

/** Blobs lie in folders named by two digits. */
const holdsBlobs = async (folder: string): Promise<boolean> =>
  (await readdir(folder)).some((name) => name.length === 2);

/** Marks a new store; answers the mark of who came first. A mark that can be read is whole. */
async function mark(folder: string, marker: string): Promise<string> {
  const id = randomUUID();
  const written = `${marker}.${id}`;
  try {
    await writeFile(written, `${id}\n`, { flag: 'wx', flush: true });
    await place(written, marker).catch((error: unknown) => {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
    });
  } finally {
    await unlink(written).catch(ignoreMissing);
  }
  await syncFolder(folder);
  return (await readMarker(marker)) ?? id;
}

async function readMarker(marker: string): Promise<string | undefined> {
  const text = await readFile(marker, 'utf8').catch(ignoreMissing);
  return text?.trim();
}

function mismatch(marker: string, present: string | undefined, expected: string): AppError {
  const found = present === undefined ? 'is not there' : `says ${present || 'nothing'}`;
  return new AppError(
    'STORE_MISMATCH',
    `this folder is not the store of this database: ${marker} ${found}, and should say ${expected}`,
  );
}
