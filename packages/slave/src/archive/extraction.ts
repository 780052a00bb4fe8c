import type { Duplex, Readable } from 'node:stream';
import type { AppError, ErrorCode } from '@longshore/protocol';
import type { ArchiveEntry } from './archive-entry.ts';
import type { ExtractionBudget } from './extraction-budget.ts';
import type { EntrySink, SafeEntry, SmallFile } from './ports.ts';
import type { ExpectedContent } from './verified-content.ts';

export type ExtractProgress = {
  /** While it is `reading`, what is done is counted for the first time, and for good when it is `working`. */
  readonly phase: 'reading' | 'working';
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
  readonly entriesDone: number;
  readonly entriesTotal: number | null;
  /** How far into the archive the reading is, for formats that do not know their totals. */
  readonly sourceBytesDone: number | null;
};

export type ExtractOutcome = {
  readonly filesStored: number;
  readonly foldersStored: number;
  /** Stored by an earlier run and not read again. */
  readonly filesKept: number;
  readonly entriesRejected: number;
  readonly bytesStored: number;
  /**
   * Of a share of which not one entry could be read: what the whole would fail with if the other shares are no better.
   * Null otherwise.
   */
  readonly unread: AppError | null;
};

/**
 * The part of an extraction that all formats share: which entries are taken, under which path, within which
 * budget, and what is reported of the others. A format calls `admit` for every entry in the archive's order and
 * `store…` for the content of those it gets back.
 */
export type Extraction = {
  readonly budget: ExtractionBudget;
  readonly signal: AbortSignal;
  /**
   * The entry to store, or null when it needs no content: not selected, refused, a folder, or stored already. A hard
   * link is copied at once from what it names, or handed to `onLink` to be copied when that was stored.
   */
  admit(entry: ArchiveEntry, onLink?: (copy: () => Promise<void>) => void): Promise<SafeEntry | null>;
  /** Makes known what is still to come, for progress: folders, refused entries and what is stored already are done. */
  expect(remaining: { bytes: number; entries: number }): void;
  noteSourceBytes(bytes: number): void;
  /** What was read of the contents only to check them; null when that has ended. */
  noteChecked(bytes: number | null): void;
  /** Stores verified content of small files. True when the sink needs the contents no longer. */
  storeSmall(files: readonly SmallFile[]): Promise<boolean>;
  /**
   * Content of any size: a source and the transforms that decode it. Content that turns out corrupt costs only
   * this entry: then it is reported and the answer is false. Any other failure is thrown.
   */
  storeStream(
    entry: SafeEntry,
    stages: readonly [Readable, ...Duplex[]],
    declared: Pick<ExpectedContent, 'sizeBytes' | 'crc32'>,
  ): Promise<boolean>;
  reject(entry: { index: number; name: string }, code: ErrorCode, message: string): Promise<void>;
  /** True for an entry that is wanted and stands in another share of the archive. */
  isOfAnotherShare(entry: ArchiveEntry): boolean;
  /** Ends the extraction with what none of its entries is an exception to; a share only says so when it ends. */
  fail(error: AppError): void;
  /**
   * Throws `NOTHING_SELECTED`, or what was wrong when not a single entry could be read. A share throws neither: whether
   * the others are as empty can only be told where all of them are seen.
   */
  finish(): ExtractOutcome;
};

export type ExtractionRequest = {
  readonly isSelected: (path: string) => boolean;
  readonly selectsAll: boolean;
  readonly entryRange: { readonly from: number; readonly to: number } | null;
  readonly onUnsafe: 'skip' | 'fail';
  readonly budget: ExtractionBudget;
  readonly sink: EntrySink;
  readonly onProgress: (progress: ExtractProgress) => void;
  readonly signal: AbortSignal;
};
