import { AppError } from '@longshore/protocol';

/** The most that one extraction may make of an archive. */
export type BudgetLimits = {
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly maxEntryBytes: number;
  /** Produced bytes for each byte of the archive. */
  readonly maxRatio: number;
  readonly maxDepth: number;
  readonly maxPathBytes: number;
};

/** Counts what an extraction really produces. What an archive declares about itself is never counted. */
export type ExtractionBudget = {
  readonly limits: BudgetLimits;
  readonly producedBytes: number;
  /** Throws `BUDGET_EXCEEDED`. */
  countEntry(): void;
  /** Counts `bytes` more of an entry that has `entryBytes` in all by now. Throws `BUDGET_EXCEEDED`. */
  countBytes(bytes: number, entryBytes: number, name: string): void;
  /** Judges what a decoder has made so far, entries that are only skipped included. Throws `BUDGET_EXCEEDED`. */
  checkDecoded(bytes: number): void;
};

/** Below this a high ratio is no attack: a megabyte of zeros is a thousand times smaller when compressed. */
const ratioFloorBytes = 16 * 1024 * 1024;

export function createExtractionBudget(limits: BudgetLimits, archiveBytes: number): ExtractionBudget {
  const maxByRatio = Math.max(ratioFloorBytes, archiveBytes * limits.maxRatio);
  let entries = 0;
  let producedBytes = 0;
  return {
    limits,
    get producedBytes() {
      return producedBytes;
    },
    countEntry() {
      entries += 1;
      if (entries > limits.maxEntries)
        throw exceeded('maxEntries', limits.maxEntries, 'entries in the archive');
    },
    countBytes(bytes, entryBytes, name) {
      producedBytes += bytes;
      if (entryBytes > limits.maxEntryBytes) {
        throw exceeded('maxEntryBytes', limits.maxEntryBytes, `bytes in the entry "${name}"`);
      }
      if (producedBytes > limits.maxBytes) throw exceeded('maxBytes', limits.maxBytes, 'bytes extracted');
      if (producedBytes > maxByRatio) {
        throw exceeded('maxRatio', limits.maxRatio, 'bytes extracted for each byte of the archive');
      }
    },
    checkDecoded(bytes) {
      if (bytes > maxByRatio)
        throw exceeded('maxRatio', limits.maxRatio, 'bytes decoded for each byte of the archive');
    },
  };
}

const exceeded = (limit: keyof BudgetLimits, value: number, what: string): AppError =>
  new AppError('BUDGET_EXCEEDED', `more than ${value} ${what} (${limit})`, { details: { limit, value } });
