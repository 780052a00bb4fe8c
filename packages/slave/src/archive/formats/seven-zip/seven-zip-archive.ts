import { AppError } from '@longshore/protocol';
import type { ArchiveFormat, ReadRequest } from '../../archive-format.ts';
import { extractWithSevenZip } from './extract-with-seven-zip.ts';
import { type PlacedArchive, placeVolumes } from './place-volumes.ts';
import { readSevenZipListing, type SevenZipEntry } from './read-seven-zip-listing.ts';
import { startSevenZip } from './seven-zip-process.ts';

/** A format that 7-Zip reads for us. */
export function sevenZipArchive(
  format: Pick<ArchiveFormat, 'extensions' | 'detect' | 'create' | 'encrypts'> & { extension: string },
): ArchiveFormat {
  const { extension, ...rest } = format;
  return {
    ...rest,
    async *list(request) {
      const placed = await placeVolumes(request, extension);
      try {
        yield* listPlaced(request, placed);
      } finally {
        await placed.release();
      }
    },
    async extract(request, extraction) {
      const placed = await placeVolumes(request, extension);
      try {
        const entries: SevenZipEntry[] = [];
        const listing = listPlaced(request, placed);
        let next = await listing.next();
        for (; next.done !== true; next = await listing.next()) entries.push(next.value);
        const { hasDamagedHeaders } = next.value;
        if (hasDamagedHeaders && entries.length === 0) {
          throw new AppError('ARCHIVE_CORRUPT', 'the headers of the archive are damaged');
        }
        await extractWithSevenZip(placed.path, entries, { request, extraction });
        if (hasDamagedHeaders) {
          const message = 'a header of the archive is damaged: entries may be missing';
          await extraction.reject({ index: entries.length, name: request.name }, 'ENTRY_CORRUPT', message);
        }
      } finally {
        await placed.release();
      }
    },
  };

  async function* listPlaced(
    { signal, password }: ReadRequest,
    { path }: PlacedArchive,
  ): AsyncGenerator<SevenZipEntry, { hasDamagedHeaders: boolean }> {
    const child = startSevenZip(['l', '-slt', '-sccUTF-8', '-bd', '--', path], {
      signal,
      password,
      complainsOnStdout: true,
    });
    try {
      for await (const entry of readSevenZipListing(child.stdout)) {
        if (entry.index === 0 && entry.continuesEarlier) {
          throw new AppError(
            'ARCHIVE_UNSUPPORTED',
            'this is a later volume of a split archive; give the first',
          );
        }
        yield entry;
      }
      return await child.done;
    } finally {
      child.kill();
    }
  }
}
