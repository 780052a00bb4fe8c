import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** SHA-256 over the first `length` bytes of a file, or all of it; not yet digested, so that more can be added. */
export async function hashFile(path: string, length = Number.POSITIVE_INFINITY): Promise<Hash> {
  const hash = createHash('sha256');
  if (length > 0) {
    const bytes = createReadStream(path, { end: length - 1, highWaterMark: 256 * 1024 });
    await pipeline(bytes, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) hash.update(chunk);
    });
  }
  return hash;
}
