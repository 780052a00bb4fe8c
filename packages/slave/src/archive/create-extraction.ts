import { pipeline, type Transform } from 'node:stream';
import { AppError, type ErrorCode } from '@longshore/protocol';
import type { ArchiveEntry } from './archive-entry.ts';
import { contentFailure } from './content-failure.ts';
import { createEntryNames } from './entry-names.ts';
import type { Extraction, ExtractionRequest } from './extraction.ts';
import type { SafeEntry, SmallFile } from './ports.ts';
import { safeEntryPath } from './safe-entry-path.ts';
import { verifiedContent } from './verified-content.ts';

/** Names go into the ledger of a task; a name of a megabyte would be an attack on it. */
const maxReportedName = 1024;

/** Failures of one entry that leave the rest of the archive readable. */
const entryCodes: ReadonlySet<ErrorCode> = new Set([
  'ENTRY_CORRUPT',
  'ENTRY_UNSUPPORTED',
  'ENTRY_UNSAFE',
  'ENTRY_CONFLICT',
]);

const isEntryError = (error: unknown): error is AppError =>
  error instanceof AppError && entryCodes.has(error.code);

export function createExtraction(request: ExtractionRequest): Extraction {
  const { budget, sink, signal } = request;
  const names = createEntryNames();
  const counts = { filesStored: 0, foldersStored: 0, filesKept: 0, entriesRejected: 0, bytesStored: 0 };
  let totals: { bytes: number; entries: number } | null = null;
  let sourceBytesDone: number | null = null;
  let checkedBytes: number | null = null;
  let firstUnread: AppError | null = null;
  /** What was claimed by name and then not stored: a hard link to one of these has nothing to copy. */
  const refused = new Set<number>();
  let selected = 0;

  const isInRange = (index: number): boolean =>
    request.entryRange === null || (index >= request.entryRange.from && index < request.entryRange.to);
  const entriesDone = () =>
    counts.filesStored + counts.foldersStored + counts.filesKept + counts.entriesRejected;

  const report = () =>
    request.onProgress({
      phase: checkedBytes === null ? 'working' : 'reading',
      bytesDone: checkedBytes ?? counts.bytesStored,
      bytesTotal: totals?.bytes ?? null,
      entriesDone: entriesDone(),
      entriesTotal: totals?.entries ?? null,
      sourceBytesDone,
    });

  const reject = async (
    { index, name }: { index: number; name: string },
    code: ErrorCode,
    message: string,
    kind: 'file' | 'link' = 'file',
  ) => {
    counts.entriesRejected += 1;
    refused.add(index);
    if (code === 'ENTRY_CORRUPT') firstUnread ??= new AppError('ARCHIVE_CORRUPT', message);
    if (code === 'ENTRY_UNSUPPORTED' && kind === 'file') {
      firstUnread ??= new AppError('ARCHIVE_UNSUPPORTED', message);
    }
    await sink.reject({ index, name: name.slice(0, maxReportedName), code, message });
    report();
  };

  async function refuse(entry: ArchiveEntry, code: ErrorCode, message: string): Promise<null> {
    if (code === 'ENTRY_UNSAFE' && request.onUnsafe === 'fail') {
      throw new AppError('ARCHIVE_UNSAFE', message, { details: { entry: entry.name, index: entry.index } });
    }
    await reject(entry, code, message, 'link');
    return null;
  }

  async function storeOneByOne(files: readonly SmallFile[]): Promise<void> {
    for (const { entry, content } of files) {
      signal.throwIfAborted();
      await sink.storeFile(entry, content, signal);
    }
  }

  /** A hard link names an entry that came before; only inside the archive can there be one to copy. */
  async function copyLinked(entry: SafeEntry, target: string): Promise<void> {
    signal.throwIfAborted();
    const from = safeEntryPath(target, budget.limits);
    const index = 'path' in from ? names.fileAt(from.path) : undefined;
    const refuseLink = (message: string): Promise<void> =>
      reject({ index: entry.index, name: entry.path }, 'ENTRY_UNSUPPORTED', message, 'link');
    if (sink.isStored(entry.index)) {
      counts.filesKept += 1;
      report();
      return;
    }
    const isThere = index !== undefined && index !== entry.index && !refused.has(index);
    if (!('path' in from) || !isThere || sink.copyFile === undefined) {
      await refuseLink(`entry "${entry.path}" is a hard link to "${shown(target)}", which was not extracted`);
      return;
    }
    try {
      const { sizeBytes } = await sink.copyFile(entry, { index, path: from.path }, signal);
      // As large for whoever downloads it as what it is a copy of.
      budget.countBytes(sizeBytes, sizeBytes, entry.path);
      counts.filesStored += 1;
      counts.bytesStored += sizeBytes;
      report();
    } catch (error) {
      if (!isEntryError(error)) throw error;
      await refuseLink(`entry "${entry.path}" is a hard link: ${error.message}`);
    }
  }

  return {
    budget,
    signal,
    reject,
    expect({ bytes, entries }) {
      totals = { bytes: counts.bytesStored + bytes, entries: entriesDone() + entries };
      report();
    },
    noteSourceBytes(bytes) {
      sourceBytesDone = bytes;
    },
    noteChecked(bytes) {
      checkedBytes = bytes;
      report();
    },
    isOfAnotherShare(entry) {
      if (isInRange(entry.index)) return false;
      const safe = safeEntryPath(entry.name, budget.limits);
      return 'path' in safe && request.isSelected(safe.path);
    },
    fail(error) {
      if (request.entryRange === null) throw error;
      firstUnread = error;
    },

    async admit(entry, onLink) {
      signal.throwIfAborted();
      budget.countEntry();
      const inRange = isInRange(entry.index);
      const safe = safeEntryPath(entry.name, budget.limits);
      if ('reason' in safe) {
        // A folder entry for the root itself ("./" in most tar files) asks for nothing.
        if (entry.type === 'folder' && /^(\.\/*)+$/.test(entry.name)) return null;
        if (!inRange || !request.isSelected(entry.name)) return null;
        selected += 1;
        return await refuse(entry, 'ENTRY_UNSAFE', `entry "${shown(entry.name)}" ${safe.reason}`);
      }
      if (!request.isSelected(safe.path)) return null;

      const { path } = safe;
      const claimable = entry.type === 'file' || entry.type === 'folder' || entry.type === 'hardlink';
      const taken = claimable
        ? names.claim(path, entry.type === 'folder' ? 'folder' : 'file', entry.index)
        : null;
      if (!inRange) return null;
      selected += 1;
      if (taken !== null) {
        return await refuse(
          entry,
          'ENTRY_CONFLICT',
          `entry "${path}" meets "${taken.takenBy}", which came before it`,
        );
      }
      const safeEntry: SafeEntry = {
        index: entry.index,
        path,
        modifiedAtMs: entry.modifiedAtMs,
        mode: entry.mode,
      };
      switch (entry.type) {
        case 'folder':
          await sink.storeFolder(safeEntry);
          counts.foldersStored += 1;
          report();
          return null;
        case 'file':
          if (!sink.isStored(entry.index)) return safeEntry;
          counts.filesKept += 1;
          report();
          return null;
        case 'hardlink':
          if (onLink === undefined) await copyLinked(safeEntry, entry.linkTarget ?? '');
          else onLink(() => copyLinked(safeEntry, entry.linkTarget ?? ''));
          return null;
        case 'symlink':
          return await refuse(entry, 'ENTRY_UNSUPPORTED', `entry "${path}" is a symbolic link`);
        case 'special':
          return await refuse(entry, 'ENTRY_UNSUPPORTED', `entry "${path}" is a device, pipe or socket`);
        default:
          return entry.type satisfies never;
      }
    },

    async storeSmall(files) {
      signal.throwIfAborted();
      let bytes = 0;
      for (const { content, entry } of files) {
        budget.countBytes(content.length, content.length, entry.path);
        bytes += content.length;
      }
      if (sink.storeFiles !== undefined) await sink.storeFiles(files, signal);
      else await storeOneByOne(files);
      counts.filesStored += files.length;
      counts.bytesStored += bytes;
      report();
      return sink.storeFiles !== undefined;
    },

    async storeStream(entry, stages, declared) {
      let storedBytes = 0;
      const verified = verifiedContent({
        ...declared,
        name: entry.path,
        onBytes: (chunkBytes, entryBytes) => {
          budget.countBytes(chunkBytes, entryBytes, entry.path);
          storedBytes = entryBytes;
          counts.bytesStored += chunkBytes;
          report();
        },
      });
      let contentError: unknown = null;
      const content = pipeline([...stages, verified], (error) => {
        contentError = error ?? null;
      }) as Transform;
      try {
        await sink.storeFile(entry, content, signal);
        if (!content.readableEnded)
          throw new AppError('INTERNAL', `the sink did not read all of "${entry.path}"`);
        counts.filesStored += 1;
        report();
        return true;
      } catch (sinkError) {
        counts.bytesStored -= storedBytes;
        signal.throwIfAborted();
        const error = contentFailure(entry.path, contentError) ?? sinkError;
        if (!isEntryError(error)) throw error;
        await reject({ index: entry.index, name: entry.path }, error.code, error.message);
        return false;
      } finally {
        content.destroy();
      }
    },

    finish() {
      const { filesStored, foldersStored, filesKept } = counts;
      const unread = filesStored + foldersStored + filesKept === 0 ? firstUnread : null;
      if (request.entryRange !== null) return { ...counts, unread };
      if (selected === 0 && !request.selectsAll) {
        throw new AppError('NOTHING_SELECTED', 'no entry of the archive matches the selection');
      }
      // An archive of which nothing at all could be read is no partial success.
      if (unread !== null) throw unread;
      return { ...counts, unread };
    },
  };
}

/** A name from an archive as it may stand in a message. */
const shown = (name: string): string => JSON.stringify(name.slice(0, 200)).slice(1, -1);
