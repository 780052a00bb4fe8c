import type { Readable, Writable } from 'node:stream';
import type { AppError, BlobId } from '@longshore/protocol';
import type { BlobFacts } from '@longshore/runtime';

/** Bytes `start` (included) to `end` (excluded). */
export type ByteRange = { readonly start: number; readonly end: number };

export type BlobStat = { readonly sizeBytes: number; readonly modifiedAtMs: number };

/** The result of a write: what was received, computed from the bytes themselves. */
export type WrittenBlob = BlobFacts;

export type ReadOptions = { readonly range: ByteRange; readonly signal?: AbortSignal };

/**
 * A place that holds blobs by id. Every driver passes the same contract suite (`driver-contract.ts`).
 * Errors: `BLOB_NOT_FOUND`, `BLOB_CORRUPT`, `NO_SPACE`, `STORAGE_FAILED`, `LENGTH_MISMATCH`, `BODY_TOO_LARGE`,
 * `TRANSFER_FAILED` when the content breaks off, `CANCELED` when the signal ends the work.
 */
export type StorageDriver = {
  /** Bytes of a blob; never a short stream: a blob that is shorter than asked fails with `BLOB_CORRUPT`. */
  openRead(blobId: BlobId, options: ReadOptions): Promise<Readable>;
  /**
   * The fastest way of the same bytes into a writable, for answers to requests. A blob that is missing or too
   * short fails before `onOpen`, which is called once before the first byte. Does not end `to`.
   */
  send(blobId: BlobId, to: Writable, options: ReadOptions & { onOpen: () => void }): Promise<void>;
  /**
   * Stores a blob of known or unknown size: temp name → sync → published under its id. Nothing is left of a write
   * that fails or is aborted. Blobs never change: storing the same bytes again is no error, storing others under
   * a taken id fails with `STORAGE_FAILED`.
   */
  write(
    blobId: BlobId,
    content: Readable,
    options: { sizeBytes?: number; maxBytes?: number; signal?: AbortSignal },
  ): Promise<WrittenBlob>;
  /**
   * Starts or continues a resumable write at `offset`, dropping what an earlier call may have stored behind it.
   * What arrives before the content breaks off is kept: the new offset is answered with the reason. Survives a
   * restart. `STORAGE_FAILED` when less than `offset` bytes are there.
   */
  append(
    blobId: BlobId,
    content: Readable,
    options: { offset: number; maxBytes: number; signal?: AbortSignal },
  ): Promise<{ offset: number; interruptedBy: AppError | null }>;
  /** Publishes what was appended. Idempotent. `BLOB_NOT_FOUND` when nothing was. */
  finishAppend(blobId: BlobId): Promise<WrittenBlob>;
  /** Forgets what was appended and not published. */
  dropAppend(blobId: BlobId): Promise<void>;
  stat(blobId: BlobId): Promise<BlobStat | undefined>;
  /** Deleting a blob that is not there is no error. */
  delete(blobId: BlobId): Promise<void>;
  /** All published blobs, in no order. */
  list(): AsyncIterable<BlobId>;
  /** Removes unfinished writes that nobody has touched for `olderThanMs`. Answers how many. */
  removeAbandoned(olderThanMs: number): Promise<number>;
  freeBytes(): Promise<number | undefined>;
};
