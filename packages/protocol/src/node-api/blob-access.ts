import { z } from 'zod';
import { BlobId, Count, Crc32, Sha256 } from '../ids.ts';

/**
 * How to read one blob. A node that holds the store itself (`storeId` is one of its own) reads its disk; every
 * other node asks `url`, relative to the master's address unless absolute, with the ticket as bearer token.
 */
export const BlobAccess = z.object({
  storeId: z.string().max(64),
  blobId: BlobId,
  sizeBytes: Count,
  sha256: Sha256,
  url: z.string().max(2048),
  ticket: z.string().max(2048),
});
export type BlobAccess = z.infer<typeof BlobAccess>;

/** Where an attempt stores its blobs: PUT to `url` + "/" + a new blob id, or straight into the store it holds. */
export const OutputAccess = z.object({
  storeId: z.string().max(64),
  url: z.string().max(2048),
  ticket: z.string().max(2048),
  expiresAtMs: Count,
});
export type OutputAccess = z.infer<typeof OutputAccess>;

/** The answer of a store to a finished PUT, computed from the bytes it received. */
export const StoredBlob = z.object({
  blobId: BlobId,
  sizeBytes: Count,
  sha256: Sha256,
  crc32: Crc32.optional(),
});
export type StoredBlob = z.infer<typeof StoredBlob>;
