import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import type { ByteSource } from '../../ports.ts';
import { readListing } from './read-listing.ts';
import type { SevenZipEntry } from './read-seven-zip-listing.ts';

/** Bytes of an archive, and where they stand in it. */
export type HeaderPiece = { readonly start: number; readonly bytes: Buffer };

/** Reads all that a listing needs, by ranges; null where that cannot be told, such as of encrypted headers. */
export type FindHeaders = (source: ByteSource, signal: AbortSignal) => Promise<readonly HeaderPiece[] | null>;

/** More than this is rather an attack than a directory, and is left to the reader with limits. */
export const maxHeaderBytes = 32 * 1024 * 1024;
/** What a piece may take of the disk beside its bytes. */
const pageBytes = 2 * 4096;

/**
 * Lists an archive from elsewhere without fetching its contents: 7-Zip gets a file of the same size that has the headers in
 * their places and holes between. Null where that does not do: then it needs the archive itself.
 */
export async function listByHeaders(
  request: ReadRequest,
  { extension, findHeaders }: { extension: string; findHeaders: FindHeaders },
): Promise<readonly SevenZipEntry[] | null> {
  const { source, volumes, tempSpace, signal } = request;
  if (source.localPath !== null || volumes.length > 1) return null;
  const pieces = await findHeaders(source, signal);
  if (pieces === null) return null;
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes.length + pageBytes, 0);
  const { folder, release } = await tempSpace.reserve(Math.min(bytes, source.sizeBytes + pageBytes));
  try {
    const path = join(folder, `archive${extension}`);
    await writeSparse(path, pieces, source.sizeBytes);
    const listing = await readListing(request, { path, typeArgs: [] });
    return listing instanceof AppError || listing.hasDamagedHeaders ? null : listing.entries;
  } finally {
    await release();
  }
}

async function writeSparse(path: string, pieces: readonly HeaderPiece[], sizeBytes: number): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.truncate(sizeBytes);
    for (const { start, bytes } of pieces) await file.write(bytes, 0, bytes.length, start);
  } finally {
    await file.close();
  }
}
