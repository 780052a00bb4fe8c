import { join } from 'node:path';
import { AppError } from '@longshore/protocol';
import type { ArchiveFormat, ReadRequest } from '../../archive-format.ts';
import { extractWithSevenZip } from './extract-with-seven-zip.ts';
import { placeVolumes } from './place-volumes.ts';
import { readSevenZipListing, type SevenZipEntry } from './read-seven-zip-listing.ts';
import { startSevenZip } from './seven-zip-process.ts';

export type SevenZipFormat = Pick<ArchiveFormat, 'extensions' | 'detect' | 'create' | 'encrypts'> & {
  readonly extension: string;
  /** Writes a copy without what 7-Zip cannot read but should; false when that is not what is wrong. */
  readonly normalise?: (path: string, copy: string, signal: AbortSignal) => Promise<boolean>;
};

type Listing = { readonly entries: readonly SevenZipEntry[]; readonly hasDamagedHeaders: boolean };
type OpenedArchive = Listing & { readonly path: string; release(): Promise<void> };

/** A format that 7-Zip reads for us. */
export function sevenZipArchive({ extension, normalise, ...format }: SevenZipFormat): ArchiveFormat {
  return {
    ...format,
    async *list(request) {
      const archive = await openArchive(request, extension, normalise);
      try {
        yield* archive.entries;
      } finally {
        await archive.release();
      }
    },
    async extract(request, extraction) {
      const { path, entries, hasDamagedHeaders, release } = await openArchive(request, extension, normalise);
      try {
        await extractWithSevenZip(path, entries, { request, extraction });
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
  const { path, release } = await placeVolumes(request, extension);
  try {
    const listing = await readListing(request, path);
    if (!(listing instanceof AppError)) return { ...listing, path, release };
    const copy = normalise === undefined ? null : await normalisedCopy(request, path, extension, normalise);
    if (copy === null) throw listing;
    const listed = await readListing(request, copy.path);
    const releaseBoth = async () => {
      await copy.release();
      await release();
    };
    if (!(listed instanceof AppError)) return { ...listed, path: copy.path, release: releaseBoth };
    await copy.release();
    throw listed;
  } catch (error) {
    await release();
    throw error;
  }
}

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

/** The entries, or `ARCHIVE_CORRUPT` as a value when there are none to be read. */
async function readListing({ signal, password }: ReadRequest, path: string): Promise<Listing | AppError> {
  const args = ['l', '-slt', '-sccUTF-8', '-bd', '--', path];
  const child = startSevenZip(args, { signal, password, complainsOnStdout: true });
  const entries: SevenZipEntry[] = [];
  try {
    for await (const entry of readSevenZipListing(child.stdout)) {
      if (entry.index === 0 && entry.continuesEarlier) {
        throw new AppError(
          'ARCHIVE_UNSUPPORTED',
          'this is a later volume of a split archive; give the first',
        );
      }
      entries.push(entry);
    }
    const { hasDamagedHeaders } = await child.done;
    if (!hasDamagedHeaders || entries.length > 0) return { entries, hasDamagedHeaders };
    return new AppError('ARCHIVE_CORRUPT', 'the headers of the archive are damaged');
  } catch (error) {
    if (error instanceof AppError && error.code === 'ARCHIVE_CORRUPT') return error;
    throw error;
  } finally {
    child.kill();
  }
}
