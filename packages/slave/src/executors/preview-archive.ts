import { AppError, type ArchiveListEntry, type ArchiveListing, type ListArchive } from '@longshore/protocol';
import { archivePurpose } from '@longshore/protocol/server';
import type { ListedEntry } from '../archive/archive-entry.ts';
import { detectFormatOfAny } from '../archive/detect-format.ts';
import { listArchive } from '../archive/list-archive.ts';
import type { ArchiveThreads } from '../archive/threads/archive-threads.ts';
import type { MasterLink } from '../report/master-link.ts';
import type { TempFolders } from '../storage/temp-folders.ts';
import type { OpenBlob } from '../transfer/open-blob.ts';
import { maxPathBytes } from './extract-archive-executor.ts';

export type PreviewArchive = (
  request: ListArchive,
  link: MasterLink,
  signal: AbortSignal,
) => Promise<ArchiveListing>;

const limits = { maxDepth: 256, maxPathBytes };

/** Lists an archive where it lies, page by page, without extracting it. */
export function createPreviewArchive(options: {
  threads: ArchiveThreads;
  openBlob: OpenBlob;
  tempFolders: TempFolders;
}): PreviewArchive {
  const { threads, openBlob, tempFolders } = options;
  return async (request, link, signal) => {
    const { encoding, offset, limit } = request;
    const volumes = await Promise.all(
      request.volumes.map(async ({ name, access }) => ({
        name,
        source: await openBlob({ access, link, renew: null }),
      })),
    );
    const [first] = volumes;
    if (first === undefined) throw new AppError('BAD_REQUEST', 'volumes: name at least one');
    const tempSpace = tempFolders.open('preview');
    try {
      const split = volumes.length > 1 ? volumes : [];
      const { source, name } = first;
      const format = await detectFormatOfAny(source, { name, volumes: split, signal });
      const listing = {
        source,
        name,
        volumes: split,
        encoding,
        password: link.openPassword(
          request.password,
          archivePurpose(request.volumes[0]?.access.blobId ?? ''),
        ),
        limits,
        threads,
        tempSpace,
        signal,
      };
      const wanted = request.search?.toLowerCase() ?? '';
      const entries: ArchiveListEntry[] = [];
      let matching = 0;
      let complete = true;
      for await (const entry of listArchive(listing)) {
        if (!entry.name.toLowerCase().includes(wanted)) continue;
        matching += 1;
        if (matching > offset && entries.length < limit) entries.push(toListEntry(entry));
        // Counting on costs nothing where there is a directory; elsewhere it would read the whole archive.
        if (matching > offset + limit && format !== 'zip') {
          complete = false;
          break;
        }
      }
      return {
        format,
        encoding: null,
        entries,
        next: matching > offset + limit ? offset + limit : null,
        total: complete ? matching : null,
        splittable: format === 'zip' && split.length === 0,
      };
    } catch (error) {
      if (signal.aborted)
        throw new AppError('UNAVAILABLE', 'listing the archive took too long', { cause: error });
      throw error;
    } finally {
      await tempSpace.releaseAll();
    }
  };
}

const toListEntry = (entry: ListedEntry): ArchiveListEntry => ({
  index: entry.index,
  path: entry.name.slice(0, 8192).toWellFormed(),
  type: entry.type === 'symlink' || entry.type === 'hardlink' ? 'link' : entry.type,
  sizeBytes: entry.sizeBytes,
  compressedBytes: entry.compressedBytes,
  modifiedAtMs: entry.modifiedAtMs === null ? null : Math.round(entry.modifiedAtMs),
  encrypted: entry.encrypted,
  unsafe: entry.unsafe,
});
