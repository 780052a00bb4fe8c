import type { ListedEntry } from './archive-entry.ts';
import type { Volume } from './archive-format.ts';
import { detectFormatOfAny } from './detect-format.ts';
import { createNameDecoder, type NameDecoder, type UsedEncoding } from './encodings/create-name-decoder.ts';
import { type FormatId, formats } from './formats.ts';
import type { ByteSource, TempSpace } from './ports.ts';
import { type PathLimits, safeEntryPath } from './safe-entry-path.ts';
import type { ArchiveThreads } from './threads/archive-threads.ts';

export type ListArchiveRequest = {
  readonly source: ByteSource;
  readonly name: string;
  readonly volumes?: readonly Volume[];
  readonly password?: string | null;
  readonly encoding?: string | null;
  readonly limits: PathLimits;
  readonly threads: ArchiveThreads;
  readonly tempSpace: TempSpace;
  readonly signal: AbortSignal;
};

/** An archive that can be listed. */
export type Listing = {
  readonly format: FormatId;
  /** In the archive's own order, as they are read; stop reading when a page is full. */
  readonly entries: AsyncGenerator<ListedEntry, void>;
  /** The encoding that the names needed which were read so far, and how sure that is. */
  usedEncoding(): UsedEncoding | null;
};

/**
 * Opens an archive for listing. A zip is read by its directory alone. `unsafe` of an entry says why an extraction
 * would refuse the name, else null.
 */
export async function listArchive(request: ListArchiveRequest): Promise<Listing> {
  const { source } = request;
  const format = await detectFormatOfAny(source, request);
  const names = createNameDecoder(request.encoding ?? null);
  return { format, entries: judgedEntries(format, names, request), usedEncoding: names.used };
}

async function* judgedEntries(
  format: FormatId,
  names: NameDecoder,
  request: ListArchiveRequest,
): AsyncGenerator<ListedEntry, void> {
  const { source, name, signal } = request;
  const stop = new AbortController();
  const entries = formats[format].list({
    source,
    name,
    volumes: request.volumes ?? [],
    password: request.password ?? null,
    names,
    threads: request.threads,
    tempSpace: request.tempSpace,
    onCopy: () => undefined,
    onNote: () => undefined,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  try {
    for await (const entry of entries) {
      const safe = safeEntryPath(entry.name, request.limits);
      yield { ...entry, unsafe: 'reason' in safe ? safe.reason : null };
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    stop.abort('user');
  }
}
