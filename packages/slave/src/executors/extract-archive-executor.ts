import { AppError, type ErrorInfo, type Limits, type Progress, toErrorInfo } from '@longshore/protocol';
import { attemptPurpose } from '@longshore/protocol/server';
import { extractArchive } from '../archive/extract-archive.ts';
import type { ExtractProgress } from '../archive/extraction.ts';
import type { BudgetLimits } from '../archive/extraction-budget.ts';
import { createBlobEntrySink } from './blob-entry-sink.ts';
import { createEntryLedger } from './entry-ledger.ts';
import type { Executor } from './executor.ts';
import type { ExecutorDependencies } from './executor-dependencies.ts';
import { openFiles } from './open-files.ts';

/** The longest path that an output may carry in a report, in bytes of UTF-8. */
export const maxPathBytes = 4096;

/** Reads the archive by range where it lies and stores each entry as it comes; what is stored is not done again. */
export function extractArchiveExecutor(dependencies: ExecutorDependencies): Executor<'extract-archive'> {
  const { threads, openBlob, openSink } = dependencies;
  return async (work, execution) => {
    const { attempt, link, signal, tempSpace, log } = execution;
    const [stored, volumes] = await Promise.all([execution.storedOutputs(), openFiles(execution, openBlob)]);
    const [first] = volumes;
    if (first === undefined) throw new AppError('SOURCE_CHANGED', 'the archive to extract is gone');
    const sizeBytes = volumes.reduce((sum, { source }) => sum + source.sizeBytes, 0);
    log.info({ name: first.name, sizeBytes, volumes: volumes.length }, 'archive opened');
    if (stored.size > 0) log.info({ entriesStored: stored.size }, 'going on behind what is stored already');
    const ledger = createEntryLedger(execution.report);
    let progress = toProgress(null);
    let unread: ErrorInfo | undefined;
    try {
      const {
        unread: error,
        filesStored,
        filesKept,
        foldersStored,
        entriesRejected,
      } = await extractArchive({
        ...first,
        volumes: volumes.length > 1 ? volumes : [],
        select: work.select,
        ...(work.entryRange === null ? {} : { entryRange: work.entryRange }),
        onUnsafe: work.onUnsafe,
        password: link.openPassword(work.password, attemptPurpose(attempt)),
        encoding: work.encoding,
        budget: toBudget(attempt.limits),
        sink: createBlobEntrySink({
          blobs: openSink(execution),
          ledger,
          stored,
          findStored: execution.findStored,
        }),
        threads,
        tempSpace,
        onFormat: (format) => log.info({ format }, 'format recognised'),
        onCopy: ({ bytesDone, bytesTotal }) => {
          if (progress.phase !== 'reading')
            log.info(
              { bytes: bytesTotal },
              'copied to temporary space: this format cannot be read as a stream',
            );
          progress = { ...toProgress(null), phase: 'reading', bytesDone, bytesTotal };
          execution.progress(progress);
        },
        onNote: (what) => log.warn({ what }, 'the archive is not quite as it should be'),
        onProgress: (state) => {
          const { entriesTotal, bytesTotal } = state;
          if (progress.entriesTotal === null && entriesTotal !== null)
            log.info({ entries: entriesTotal, bytes: bytesTotal }, 'entries planned');
          progress = toProgress(state);
          execution.progress(progress);
        },
        signal,
      });
      if (error !== null) unread = toErrorInfo(error);
      log[entriesRejected > 0 ? 'warn' : 'info'](
        { filesStored, filesKept, foldersStored, entriesRejected },
        'every entry was looked at',
      );
    } finally {
      // Also after a failure: what is stored must be known, to be kept by the next try or to be purged.
      await ledger.close();
    }
    return { progress: { ...progress, phase: 'done' }, ...(unread === undefined ? {} : { unread }) };
  };
}

const toBudget = (limits: Limits): BudgetLimits => ({
  maxBytes: limits.maxOutputBytes,
  maxEntries: limits.maxEntries,
  maxEntryBytes: limits.maxEntryBytes,
  maxRatio: limits.maxRatio,
  maxDepth: limits.maxDepth,
  maxPathBytes,
});

const toProgress = (state: ExtractProgress | null): Progress => ({
  phase: state?.phase ?? 'working',
  bytesDone: state?.bytesDone ?? 0,
  bytesTotal: state?.bytesTotal ?? null,
  entriesDone: state?.entriesDone ?? 0,
  entriesTotal: state?.entriesTotal ?? null,
});
