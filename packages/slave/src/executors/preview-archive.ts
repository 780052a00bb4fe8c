import { createHash } from 'node:crypto';
import { AppError, type ArchiveListEntry, type ArchiveListing, type ListArchive } from '@longshore/protocol';
import { archivePurpose } from '@longshore/protocol/server';
import type { ListedEntry } from '../archive/archive-entry.ts';
import type { FormatId } from '../archive/formats.ts';
import { listArchive } from '../archive/list-archive.ts';
import { safeEntryPath } from '../archive/safe-entry-path.ts';
import { selectEntries } from '../archive/select-entries.ts';
import type { ArchiveThreads } from '../archive/threads/archive-threads.ts';
import type { TransferMeter } from '../metrics/slave-metrics.ts';
import type { MasterLink } from '../report/master-link.ts';
import type { TempFolders } from '../storage/temp-folders.ts';
import type { OpenBlob } from '../transfer/open-blob.ts';
import { maxPathBytes } from './extract-archive-executor.ts';
import { createListingCache, type KeptListing } from './listing-cache.ts';

export type PreviewArchive = (
  request: ListArchive,
  link: MasterLink,
  signal: AbortSignal,
) => Promise<ArchiveListing>;

const limits = { maxDepth: 256, maxPathBytes };
const cacheBytes = 16 * 1024 * 1024;
/** Of a stream up to this size the first page lists all: the next pages then cost nothing. */
const wholeBytes = 64 * 1024 * 1024;
/** These have a directory: counting on costs nothing. Elsewhere it reads the whole archive. */
const withDirectory: ReadonlySet<FormatId> = new Set(['zip', '7z', 'rar']);

/** Lists an archive where it lies, page by page, without extracting it. What was listed is kept by its blob. */
export function createPreviewArchive(options: {
  threads: ArchiveThreads;
  openBlob: OpenBlob;
  meter: TransferMeter;
  tempFolders: TempFolders;
}): PreviewArchive {
  const cache = createListingCache({ maxBytes: cacheBytes });

  /** One page from the archive itself; all of its entries go into the cache where they were all read. */
  async function readPage(
    request: ListArchive,
    {
      key,
      password,
      link,
      signal,
    }: { key: string; password: string | null; link: MasterLink; signal: AbortSignal },
  ): Promise<ArchiveListing> {
    const volumes = await Promise.all(
      request.volumes.map(async ({ name, access }) => ({
        name,
        source: await options.openBlob({ access, link, renew: null, meter: options.meter }),
      })),
    );
    const [first] = volumes;
    if (first === undefined) throw new AppError('BAD_REQUEST', 'volumes: name at least one');
    const tempSpace = options.tempFolders.open('preview');
    try {
      const { format, entries, usedEncoding } = await listArchive({
        ...first,
        volumes: volumes.length > 1 ? volumes : [],
        encoding: request.encoding,
        password,
        limits,
        threads: options.threads,
        tempSpace,
        signal,
      });
      const page = createPage(request);
      const gathered = cache.gather();
      const listsAll =
        withDirectory.has(format) || first.source.sizeBytes <= wholeBytes || request.offset > 0;
      let isWhole = true;
      for await (const listed of entries) {
        const entry = toListEntry(listed);
        gathered.add(entry);
        page.add(entry);
        if (listsAll || !page.isFull()) continue;
        isWhole = false;
        break;
      }
      const used = usedEncoding();
      const facts = {
        format,
        encoding: used?.encoding ?? null,
        encodingConfidence: used?.confidence ?? null,
      };
      if (isWhole) gathered.keep(key, facts);
      return page.answer(facts, { isSplit: volumes.length > 1, isWhole });
    } catch (error) {
      if (signal.aborted)
        throw new AppError('UNAVAILABLE', 'listing the archive took too long', { cause: error });
      throw error;
    } finally {
      await tempSpace.releaseAll();
    }
  }

  return async (request, link, signal) => {
    const purpose = archivePurpose(request.volumes[0]?.access.blobId ?? '');
    const password = link.openPassword(request.password, purpose);
    const key = keyOf(request, password);
    const kept = cache.find(key);
    if (kept !== undefined) return await keptPage(kept, request);
    return await readPage(request, { key, password, link, signal });
  };
}

/** What a listing depends on. Who does not give the password does not get what was listed with it. */
function keyOf({ volumes, encoding }: ListArchive, password: string | null): string {
  const archives = volumes.map(({ name, access }) => [name, access.blobId, access.sha256]);
  return createHash('sha256')
    .update(JSON.stringify([archives, encoding, password]))
    .digest('hex');
}

async function keptPage(kept: KeptListing, request: ListArchive): Promise<ArchiveListing> {
  const isSplit = request.volumes.length > 1;
  const filters = (request.search !== null && request.search !== '') || request.select.length > 0;
  const page = createPage(request, filters ? 0 : kept.count);
  for await (const { at, entry } of kept.entries(filters ? 0 : request.offset)) {
    if (filters) page.add(entry);
    else if (at >= request.offset + request.limit) break;
    else if (at >= request.offset) page.take(entry);
  }
  return page.answer(kept, { isSplit, isWhole: true });
}

/** The entries of one page, and how many match in all. */
function createPage({ offset, limit, search, select }: ListArchive, known = 0) {
  const wanted = search?.toLowerCase() ?? '';
  const isSelected = selectEntries(select);
  const entries: ArchiveListEntry[] = [];
  let matching = known;
  return {
    take: (entry: ArchiveListEntry) => void entries.push(entry),
    add(entry: ArchiveListEntry) {
      if (!entry.path.toLowerCase().includes(wanted) || !isSelected(pathOf(entry))) return;
      matching += 1;
      if (matching > offset && entries.length < limit) entries.push(entry);
    },
    isFull: () => matching > offset + limit,
    answer: (
      {
        format,
        encoding,
        encodingConfidence,
      }: Pick<ArchiveListing, 'format' | 'encoding' | 'encodingConfidence'>,
      { isSplit, isWhole }: { isSplit: boolean; isWhole: boolean },
    ): ArchiveListing => ({
      format,
      encoding,
      encodingConfidence,
      entries,
      next: matching > offset + limit ? offset + limit : null,
      total: isWhole ? matching : null,
      splittable: format === 'zip' && !isSplit,
    }),
  };
}

/** The path by which an extraction selects it. */
function pathOf({ path, unsafe }: ArchiveListEntry): string {
  const safe = unsafe === null ? safeEntryPath(path, limits) : { reason: unsafe };
  return 'path' in safe ? safe.path : path;
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
