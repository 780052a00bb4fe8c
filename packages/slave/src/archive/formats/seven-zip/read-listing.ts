import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import { readSevenZipListing, type SevenZipEntry, withLineFeeds } from './read-seven-zip-listing.ts';
import { startSevenZip } from './seven-zip-process.ts';

export type Listing = { readonly entries: readonly SevenZipEntry[]; readonly hasDamagedHeaders: boolean };
/** `typeArgs` tell 7-Zip what to look for in a program, which it would open as such. */
export type OpenedPath = { readonly path: string; readonly typeArgs: readonly string[] };

/** The entries, or `ARCHIVE_CORRUPT` as a value when there are none to be read. */
export async function readListing(request: ReadRequest, opened: OpenedPath): Promise<Listing | AppError> {
  try {
    const listing = await runListing(request, opened);
    const { entries, hasDamagedHeaders } = listing;
    if (hasDamagedHeaders && entries.length === 0)
      return new AppError('ARCHIVE_CORRUPT', 'the headers of the archive are damaged');
    if (!entries.some(({ name }) => name.includes('_'))) return listing;
    const found = await runListing(request, opened, ['-ir!*\n*']);
    return { entries: withLineFeeds(entries, found.entries), hasDamagedHeaders };
  } catch (error) {
    if (error instanceof AppError && error.code === 'ARCHIVE_CORRUPT') return error;
    throw error;
  }
}

async function runListing(
  { signal, password, threads }: ReadRequest,
  { path, typeArgs }: OpenedPath,
  selection: readonly string[] = [],
): Promise<Listing> {
  const args = ['l', '-slt', '-sccUTF-8', '-bd', ...typeArgs, ...selection, '--', path];
  const child = startSevenZip(args, {
    signal,
    maxCpuSeconds: threads.maxCpuSeconds,
    password,
    complainsOnStdout: true,
  });
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
    return { entries, hasDamagedHeaders };
  } finally {
    child.kill();
  }
}
