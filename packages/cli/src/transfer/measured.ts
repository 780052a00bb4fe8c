import { Transform } from 'node:stream';
import type { CommandError } from '../errors/command-error.ts';

/** Passes bytes on, telling of each chunk, and fails unless exactly `length` bytes have come when the stream ends. */
export function measured(stream: {
  length: number;
  onChunk: (chunk: Buffer) => void;
  tooShort: () => CommandError;
}): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      stream.onChunk(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(seen === stream.length ? null : stream.tooShort());
    },
  });
}
