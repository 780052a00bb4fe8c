import { createHash } from 'node:crypto';
import type { BlobFacts } from '../storage/write-blob-file.ts';

/** Counts and digests bytes that pass by. No bytes can be added once `facts` was called. */
export function createMeter(): { add: (chunk: Uint8Array) => void; facts: () => BlobFacts } {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let facts: BlobFacts | undefined;
  return {
    add: (chunk) => {
      hash.update(chunk);
      sizeBytes += chunk.length;
    },
    facts: () => {
      facts ??= { sizeBytes, sha256: hash.digest('hex') };
      return facts;
    },
  };
}
