import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@longshore/protocol';
import type { ArchiveFormat, ReadRequest } from '../../archive-format.ts';
import { readRange } from '../../read-range.ts';
import { embeddedArchive } from '../../source-probe.ts';
import { extractWithSevenZip } from './extract-with-seven-zip.ts';
import { type Embedded, isProgram } from './find-embedded.ts';
import { type FindHeaders, listByHeaders } from './list-by-headers.ts';
import { placeVolumes } from './place-volumes.ts';
import { type Listing, type OpenedPath, readListing } from './read-listing.ts';

export type SevenZipFormat = Pick<ArchiveFormat, 'extensions' | 'detect' | 'create' | 'encrypts'> & {
  readonly extension: string;
  /** Writes a copy without what 7-Zip cannot read but should; false when that is not what is wrong. */
  readonly normalise?: (path: string, copy: string, signal: AbortSignal) => Promise<boolean>;
  /** Absent where a listing needs the whole archive. */
  readonly findHeaders?: FindHeaders;
};

type OpenedArchive = Listing & OpenedPath & { release(): Promise<void> };

/** A format that 7-Zip reads for us. */
export function sevenZipArchive({
  extension,
  normalise,
  findHeaders,
  ...format
}: SevenZipFormat): ArchiveFormat {
  return {
    ...format,
    async *list(request) {
      const entries =
        findHeaders === undefined ? null : await listByHeaders(request, { extension, findHeaders });
      if (entries !== null) return yield* entries;
      const archive = await openArchive(request, extension, normalise);
      try {
        yield* archive.entries;
      } finally {
        await archive.release();
      }
    },
    async extract(request, extraction) {
      const archive = await openArchive(request, extension, normalise);
      const { entries, hasDamagedHeaders, release } = archive;
      try {
        await extractWithSevenZip(archive, entries, { request, extraction });
        if (!hasDamagedHeaders) return;
        const message = 'a header of the archive is damaged: entries may be missing';
        await extraction.reject({ index: entries.length, name: request.name }, 'ENTRY_CORRUPT', message);
      } finally {
        await release();
      }
    },
  };
}

async function openArchive(
  request: ReadRequest,
  extension: string,
  normalise: SevenZipFormat['normalise'],
): Promise<OpenedArchive> {
  const embedded = await findInProgram(request, extension);
  const typeArgs = embedded === null ? [] : [`-t${embedded.type}`];
  // In a program 7-Zip takes the first bytes that look like a signature.
  const repair = embedded === null ? normalise : copyFrom(embedded.offset);
  const { path, release } = await placeVolumes(request, extension);
  try {
    const listing = await readListing(request, { path, typeArgs });
    if (!(listing instanceof AppError)) return { ...listing, path, typeArgs, release };
    const copy = repair === undefined ? null : await normalisedCopy(request, path, extension, repair);
    if (copy === null) throw listing;
    const listed = await readListing(request, { path: copy.path, typeArgs });
    const releaseBoth = async () => {
      await copy.release();
      await release();
    };
    if (!(listed instanceof AppError)) return { ...listed, path: copy.path, typeArgs, release: releaseBoth };
    await copy.release();
    throw listed;
  } catch (error) {
    await release();
    throw error;
  }
}

async function findInProgram({ source, signal }: ReadRequest, extension: string): Promise<Embedded | null> {
  const head = await readRange(source, { start: 0, end: Math.min(4, source.sizeBytes) }, signal);
  const embedded = isProgram(head) ? await embeddedArchive(source, signal) : null;
  return embedded !== null && `.${embedded.type}`.startsWith(extension) ? embedded : null;
}

const copyFrom =
  (start: number): NonNullable<SevenZipFormat['normalise']> =>
  async (path, copy, signal) => {
    await pipeline(createReadStream(path, { start }), createWriteStream(copy, { flags: 'wx' }), { signal });
    return true;
  };

async function normalisedCopy(
  { source, tempSpace, signal }: ReadRequest,
  path: string,
  extension: string,
  normalise: NonNullable<SevenZipFormat['normalise']>,
): Promise<{ path: string; release(): Promise<void> } | null> {
  const { folder, release } = await tempSpace.reserve(source.sizeBytes);
  const copy = join(folder, `normal${extension}`);
  try {
    if (await normalise(path, copy, signal)) return { path: copy, release };
  } catch (error) {
    await release();
    throw error;
  }
  await release();
  return null;
}
