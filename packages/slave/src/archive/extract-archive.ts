import { AppError } from '@longshore/protocol';
import type { CopyProgress, ReadRequest, Volume } from './archive-format.ts';
import { createExtraction } from './create-extraction.ts';
import { detectFormatOfAny } from './detect-format.ts';
import { createNameDecoder } from './encodings/create-name-decoder.ts';
import type { ExtractOutcome, ExtractProgress } from './extraction.ts';
import { type BudgetLimits, createExtractionBudget } from './extraction-budget.ts';
import { type FormatId, formats } from './formats.ts';
import type { ByteSource, EntrySink, TempSpace } from './ports.ts';
import { selectEntries } from './select-entries.ts';
import type { ArchiveThreads } from './threads/archive-threads.ts';

export type ExtractArchiveRequest = {
  readonly source: ByteSource;
  readonly name: string;
  readonly volumes?: readonly Volume[];
  /** Exact paths or globs; a folder selects what is beneath it; empty selects all. */
  readonly select: readonly string[];
  /** Only entries with `from <= index < to`: a share of the work. Zip only. */
  readonly entryRange?: { readonly from: number; readonly to: number };
  readonly onUnsafe: 'skip' | 'fail';
  readonly password?: string | null;
  readonly encoding?: string | null;
  readonly budget: BudgetLimits;
  readonly sink: EntrySink;
  readonly threads: ArchiveThreads;
  readonly tempSpace: TempSpace;
  /** Called once the format is known. */
  readonly onFormat?: (format: FormatId) => void;
  readonly onCopy?: (copied: CopyProgress) => void;
  readonly onNote?: (what: string) => void;
  readonly onProgress: (progress: ExtractProgress) => void;
  readonly signal: AbortSignal;
};

export type ExtractArchiveResult = ExtractOutcome & { readonly format: FormatId };

/**
 * Extracts an archive into a sink. Entries that are unsafe, damaged, links or doubles are reported to the sink
 * and cost nothing but themselves. Throws `ARCHIVE_UNSUPPORTED`, `ARCHIVE_CORRUPT`, `ARCHIVE_TRUNCATED`,
 * `ARCHIVE_UNSAFE`, `PASSWORD_REQUIRED`, `WRONG_PASSWORD`, `BUDGET_EXCEEDED`, `NOTHING_SELECTED`, and whatever
 * the source and the sink fail with. A share (`entryRange`) of which nothing is selected or can be read ends like any
 * other, and says so with `unread`. Running it again with a sink that remembers goes on where it ended.
 */
export async function extractArchive(request: ExtractArchiveRequest): Promise<ExtractArchiveResult> {
  const { source, signal } = request;
  const format = await detectFormatOfAny(source, request);
  request.onFormat?.(format);
  if (request.entryRange !== undefined && format !== 'zip') {
    throw new AppError('BAD_REQUEST', `only a zip can be extracted in shares of entries, not ${format}`);
  }
  // Stops what still runs when one part fails, so that nothing goes on behind the caller's back.
  const stop = new AbortController();
  const everything = AbortSignal.any([signal, stop.signal]);
  const extraction = createExtraction({
    isSelected: selectEntries(request.select),
    selectsAll: request.select.length === 0,
    entryRange: request.entryRange ?? null,
    onUnsafe: request.onUnsafe,
    budget: createExtractionBudget(request.budget, source.sizeBytes),
    sink: request.sink,
    onProgress: request.onProgress,
    signal: everything,
  });
  const read: ReadRequest = {
    source,
    name: request.name,
    volumes: request.volumes ?? [],
    password: request.password ?? null,
    names: createNameDecoder(request.encoding ?? null),
    threads: request.threads,
    tempSpace: request.tempSpace,
    onCopy: request.onCopy ?? (() => undefined),
    onNote: request.onNote ?? (() => undefined),
    signal: everything,
  };
  try {
    await formats[format].extract(read, extraction);
    signal.throwIfAborted();
    return { format, ...extraction.finish() };
  } catch (error) {
    // What breaks when everything is stopped is only the effect.
    signal.throwIfAborted();
    throw error;
  } finally {
    stop.abort('user');
  }
}
