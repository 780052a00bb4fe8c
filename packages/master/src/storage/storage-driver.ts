import type { Readable } from 'node:stream';
import type { BlobId } from '@longshore/protocol';

/** Bytes `start` (included) to `end` (excluded). */
export type ByteRange = { readonly start: number; readonly end: number };

export type BlobStat = { readonly sizeBytes: number };

/** The result of a write: what was received, computed from the bytes themselves. */
export type WrittenBlob = { readonly sizeBytes: number; readonly sha256: string };

/**
 * A place that holds blobs by id. Every driver passes the same contract suite (`driver-contract.ts`).
 * Errors: `BLOB_NOT_FOUND`, `NO_SPACE`, `STORAGE_FAILED`, `LENGTH_MISMATCH`, `BODY_TOO_LARGE`.
 */
export type StorageDriver = {
  /** Bytes of a blob; never a short stream: a blob that is shorter than asked fails with `BLOB_CORRUPT`. */
  openRead(blobId: BlobId, options: { range?: ByteRange; signal?: AbortSignal }): Promise<Readable>;
  /**
   * Stores a blob of known or unknown size: temp name → sync → published under its id. Nothing is left of a write
   * that fails or is aborted. A taken id fails with `STORAGE_FAILED`: blobs never change.
   */
  write(
    blobId: BlobId,
    content: Readable,
    options: { sizeBytes?: number; maxBytes?: number; signal?: AbortSignal },
  ): Promise<WrittenBlob>;
  /** Starts or continues a resumable write at `offset`; answers the new offset. Survives a restart. */
  append(
    blobId: BlobId,
    content: Readable,
    options: { offset: number; maxBytes: number; signal?: AbortSignal },
  ): Promise<{ offset: number }>;
  /** Publishes what was appended. Idempotent. */
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
