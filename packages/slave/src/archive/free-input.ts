import { Duplex, Writable } from 'node:stream';
import type { ReadableWritablePair } from 'node:stream/web';
import { freeChunk } from '@longshore/runtime';

/**
 * The same decoder, which frees each chunk when it has taken it in: for chunks that nobody else looks at, as those of a
 * `ByteSource` are.
 */
export function freeInput(decoder: Duplex): Duplex {
  const input = new Writable({
    highWaterMark: decoder.writableHighWaterMark,
    write(chunk: Buffer, _encoding, done) {
      decoder.write(chunk, (error) => {
        if (!error) freeChunk(chunk);
        done(error);
      });
    },
    final(done) {
      decoder.end();
      done();
    },
  });
  // The types know the pair of web streams only.
  return Duplex.from({ writable: input, readable: decoder } as unknown as ReadableWritablePair);
}
