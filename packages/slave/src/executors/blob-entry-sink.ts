import { AppError, type StoredBlob } from '@longshore/protocol';
import type { EntrySink, SafeEntry } from '../archive/ports.ts';
import { runConcurrently } from '../archive/run-concurrently.ts';
import type { BlobSink } from '../transfer/blob-sink.ts';
import type { EntryLedger } from './entry-ledger.ts';

const parallelFiles = 8;

/** Stores extracted entries as blobs and writes them into the ledger. */
export function createBlobEntrySink(options: {
  blobs: BlobSink;
  ledger: EntryLedger;
  /** Positions of what earlier executions have stored, and where one of them is. */
  stored: ReadonlySet<number>;
  findStored: (index: number) => Promise<StoredBlob | null>;
}): EntrySink {
  const { blobs, ledger, stored, findStored } = options;

  /** What is stored, by position, as far as it was needed: a hard link in a tar is another name for one of these. */
  const byIndex = new Map<number, StoredBlob>();

  const storeFile: EntrySink['storeFile'] = async (entry, content, signal) => {
    const blob = await blobs.store(content, signal, { freeChunks: true });
    byIndex.set(entry.index, blob);
    await ledger.addOutput({ kind: 'file', ...attributes(entry), ...blob });
  };

  const copyFile: EntrySink['copyFile'] = async (entry, from) => {
    const blob = byIndex.get(from.index) ?? (stored.has(from.index) ? await findStored(from.index) : null);
    if (blob === null) {
      throw new AppError('ENTRY_UNSUPPORTED', `a link to "${from.path}", whose blob the master cannot name`);
    }
    byIndex.set(from.index, blob);
    byIndex.set(entry.index, blob);
    await ledger.addOutput({ kind: 'file', ...attributes(entry), ...blob });
    return blob;
  };

  return {
    isStored: (index) => stored.has(index),
    storeFolder: async (entry) => {
      if (!stored.has(entry.index)) await ledger.addOutput({ kind: 'folder', ...attributes(entry) });
    },
    storeFile,
    copyFile,
    storeFiles: (files, signal) =>
      runConcurrently(files, parallelFiles, ({ entry, content }) => storeFile(entry, content, signal)),
    reject: ({ index, name, code, message }) =>
      ledger.addRejected({ index, name: cut(name), code, message: cut(message) }),
  };
}

const attributes = ({ index, path, modifiedAtMs, mode }: SafeEntry) => ({
  index,
  path,
  modifiedAtMs: modifiedAtMs === null ? null : Math.round(modifiedAtMs),
  mode,
});

const cut = (text: string): string => text.slice(0, 1024).toWellFormed();
