import { Readable } from 'node:stream';
import { AppError } from '@longshore/protocol';

/** Passes bytes on and fails with `BUDGET_EXCEEDED` as soon as there are too many of them. */
export function limitedBytes(content: Readable, maxBytes: number): Readable {
  async function* limit(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    for await (const chunk of content as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        throw new AppError('BUDGET_EXCEEDED', `the archive grows over ${maxBytes} bytes (maxOutputBytes)`, {
          details: { limit: 'maxOutputBytes', value: maxBytes },
        });
      }
      yield chunk;
    }
  }
  return Readable.from(limit(), { objectMode: false, highWaterMark: 1024 * 1024 });
}
