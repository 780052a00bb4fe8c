import type { EntrySink, SafeEntry } from '../archive/ports.ts';
import { runConcurrently } from '../archive/run-concurrently.ts';
import type { BlobSink } from '../transfer/blob-sink.ts';
import type { EntryLedger } from './entry-ledger.ts';

const parallelFiles = 8;

/** Stores extracted entries as blobs and writes them into the ledger. */
export function createBlobEntrySink(options: {
  blobs: BlobSink;
  ledger: EntryLedger;
  stored: ReadonlySet<number>;
}): EntrySink {
  const { blobs, ledger, stored } = options;

  const storeFile: EntrySink['storeFile'] = async (entry, content, signal) => {
    const blob = await blobs.store(content, signal);
    await ledger.addOutput({ kind: 'file', ...attributes(entry), ...blob });
  };

  return {
    isStored: (index) => stored.has(index),
    storeFolder: async (entry) => {
      if (!stored.has(entry.index)) await ledger.addOutput({ kind: 'folder', ...attributes(entry) });
    },
    storeFile,
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
