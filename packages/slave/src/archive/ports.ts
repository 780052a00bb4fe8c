/**
 * What the archive engine needs from the rest of the slave. The engine knows nothing of blobs, tickets or
 * networks: it reads byte sources, and hands what it makes to sinks.
 */
import type { Readable } from 'node:stream';
import type { ErrorCode } from '@longshore/protocol';

/** Bytes `start` (included) to `end` (excluded). */
export type ByteRange = { readonly start: number; readonly end: number };

/** The immutable bytes of one file, readable at any offset, on this machine or another. */
export type ByteSource = {
  readonly sizeBytes: number;
  /** A path of this machine that holds exactly these bytes, or null. It may be opened for reading only. */
  readonly localPath: string | null;
  /** What the bytes hash to, in hex; null when nobody knows. A range cannot be checked, the whole can. */
  readonly sha256: string | null;
  /** Told how many bytes are read through `localPath`; `open` counts its own. */
  readonly noteRead?: (bytes: number) => void;
  /**
   * A stream of exactly `end - start` bytes. It fails with `SOURCE_CHANGED`, `BLOB_NOT_FOUND` or
   * `TRANSFER_FAILED`, never with a short stream. Destroying it frees the connection. Its chunks are given away: the
   * reader may free each (`freeChunk`) when it has used it.
   */
  open(range: ByteRange, signal: AbortSignal): Readable;
};

/** Something to put into an archive. `path` is relative, with "/" between components, without a trailing one. */
export type ArchiveMember =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly modifiedAtMs: number;
      readonly mode: number;
      readonly source: ByteSource;
    }
  | { readonly kind: 'folder'; readonly path: string; readonly modifiedAtMs: number; readonly mode: number };

/** A name and its attributes, read from an archive and found safe: relative, without "..", normalised to "/". */
export type SafeEntry = {
  /** Position in the archive's own order, from 0; the key under which a finished entry is remembered. */
  readonly index: number;
  readonly path: string;
  readonly modifiedAtMs: number | null;
  readonly mode: number | null;
};

/** A whole verified file; `content` may share its memory with its neighbours. */
export type SmallFile = { readonly entry: SafeEntry; readonly content: Uint8Array };

/** Where extracted entries go. All calls may run concurrently up to the engine's own limit. */
export type EntrySink = {
  /** True for an entry that an earlier, interrupted run has stored: it is skipped without being read. */
  isStored(index: number): boolean;
  storeFolder(entry: SafeEntry): Promise<void>;
  /**
   * Stores one file. `content` ends normally only after its size and checksum were verified; when it fails,
   * nothing of the file may remain. Resolves when the file would survive a crash. The chunks of a stream are given away:
   * the sink may free each (`freeChunk`) when it has written it.
   */
  storeFile(entry: SafeEntry, content: Uint8Array | Readable, signal: AbortSignal): Promise<void>;
  /**
   * Stores many small verified files with one call: what an archive of ten thousand small files needs to be
   * fast. Same promise as `storeFile` for each. The contents are taken back when the call has resolved: they must
   * have been written or copied by then. Without it the files come through `storeFile` one by one.
   */
  storeFiles?(files: readonly SmallFile[], signal: AbortSignal): Promise<void>;
  /**
   * Stores a file with the content of one that was stored before, by this run or an earlier one (a hard link in a tar),
   * and answers its size. Throws `ENTRY_UNSUPPORTED` when it cannot find that content any more. Without it such entries
   * are rejected so.
   */
  copyFile?(
    entry: SafeEntry,
    from: { index: number; path: string },
    signal: AbortSignal,
  ): Promise<{ readonly sizeBytes: number }>;
  /** An entry that was not extracted: it goes into the ledger of the task. `name` is as the archive has it. */
  reject(entry: { index: number; name: string; code: ErrorCode; message: string }): Promise<void>;
};

/** Disk space for the few formats that cannot be read as a stream. */
export type TempSpace = {
  /** A new, empty, private folder with room for `bytes`. Throws `NO_SPACE`. `release` deletes it and all in it. */
  reserve(bytes: number): Promise<{ readonly folder: string; release(): Promise<void> }>;
};
