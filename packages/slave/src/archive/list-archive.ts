import type { ListedEntry } from './archive-entry.ts';
import type { Volume } from './archive-format.ts';
import { detectFormatOfAny } from './detect-format.ts';
import { formats } from './formats.ts';
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

/**
 * The entries of an archive in its own order, as they are read; stop reading when a page is full. A zip is read
 * by its directory alone. `unsafe` says why an extraction would refuse the name, else null.
 */
export async function* listArchive(request: ListArchiveRequest): AsyncGenerator<ListedEntry, void> {
  const { source, name, signal } = request;
  const format = await detectFormatOfAny(source, request);
  const stop = new AbortController();
  const entries = formats[format].list({
    source,
    name,
    volumes: request.volumes ?? [],
    password: request.password ?? null,
    encoding: request.encoding ?? null,
    threads: request.threads,
    tempSpace: request.tempSpace,
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
