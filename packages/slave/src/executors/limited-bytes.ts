import { Transform } from 'node:stream';
import { AppError } from '@longshore/protocol';

/** Passes bytes on and fails with `BUDGET_EXCEEDED` as soon as there are too many of them. */
export function limitedBytes(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) return done(null, chunk);
      const message = `the archive grows over ${maxBytes} bytes (maxOutputBytes)`;
      done(
        new AppError('BUDGET_EXCEEDED', message, { details: { limit: 'maxOutputBytes', value: maxBytes } }),
      );
    },
  });
}
