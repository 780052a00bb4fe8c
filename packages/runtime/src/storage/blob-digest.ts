import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What is kept of a blob beside its bytes: SHA-256 proves them, CRC-32 is what a zip says of them. */
export type BlobFacts = { readonly sizeBytes: number; readonly sha256: string; readonly crc32: number };

export type BlobDigest = {
  add(chunk: Uint8Array): void;
  /** Of all that was added until now. */
  facts(): BlobFacts;
};

/** Counts and digests the bytes of a blob as they pass by. */
export function createBlobDigest(): BlobDigest {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let crc = 0;
  return {
    add: (chunk) => {
      hash.update(chunk);
      crc = crc32(chunk, crc);
      sizeBytes += chunk.length;
    },
    facts: () => ({ sizeBytes, sha256: hash.copy().digest('hex'), crc32: crc }),
  };
}
