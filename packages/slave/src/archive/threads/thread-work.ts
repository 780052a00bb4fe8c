import type { encodeTarGroup } from '../formats/tar/encode-tar-group.ts';
import type { decodeZipEntries } from '../formats/zip/decode-zip-entries.ts';
import type { encodeZipEntries } from '../formats/zip/encode-zip-entries.ts';
import type { encodeBlock } from './encode-block.ts';
import type { readFiles } from './read-files.ts';

/** What can be done on a thread, by name. */
export type WorkCatalogue = {
  decodeZipEntries: typeof decodeZipEntries;
  encodeBlock: typeof encodeBlock;
  encodeTarGroup: typeof encodeTarGroup;
  encodeZipEntries: typeof encodeZipEntries;
  readFiles: typeof readFiles;
};
export type WorkName = keyof WorkCatalogue;
export type WorkInput<N extends WorkName> = Parameters<WorkCatalogue[N]>[0];
export type WorkOutput<N extends WorkName> = ReturnType<WorkCatalogue[N]>['output'];

/** Every piece of work returns its output and the buffers in it that are given away. */
export type WorkResult<T> = { readonly output: T; readonly transfer: readonly ArrayBuffer[] };

export type ThreadWork = { readonly name: WorkName; readonly input: unknown };
export type ThreadAnswer = { readonly output: unknown } | { readonly code: string; readonly message: string };

/** A failure with a code of the error catalogue; threads do without the protocol package, which is slow to load. */
export class WorkError extends Error {
  readonly code: 'SOURCE_CHANGED' | 'BLOB_CORRUPT' | 'STORAGE_FAILED' | 'ARCHIVE_CORRUPT' | 'INTERNAL';

  constructor(code: WorkError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
