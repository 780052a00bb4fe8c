import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobFacts } from '../storage/write-blob-file.ts';

/** Content that counts and digests itself while it is read once. `facts` is valid when it has been read. */
export function meteredBytes(content: Readable | Uint8Array): {
  content: Readable | Uint8Array;
  facts: () => BlobFacts;
} {
  if (content instanceof Uint8Array) {
    return {
      content,
      facts: () => ({
        sizeBytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      }),
    };
  }
  const hash = createHash('sha256');
  let sizeBytes = 0;
  async function* meter(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  }
  let facts: BlobFacts | undefined;
  return {
    content: Readable.from(meter(), { objectMode: false, highWaterMark: 1024 * 1024 }),
    facts: () => {
      facts ??= { sizeBytes, sha256: hash.digest('hex') };
      return facts;
    },
  };
}
