import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ByteRange } from '../../storage-driver.ts';
import { diskError } from './disk-error.ts';
import { readExactly } from './read-exactly.ts';

const chunkBytes = 1024 * 1024;

/** A range of a file as a stream that fails, rather than ends, when the file is shorter. Closes the file. */
export function createRangeStream(options: {
  file: FileHandle;
  range: ByteRange;
  signal?: AbortSignal | undefined;
  name: string;
}): Readable {
  const { file, range, signal, name } = options;
  let position = range.start;
  let reading: Promise<unknown> = Promise.resolve();
  return new Readable({
    highWaterMark: chunkBytes,
    ...(signal === undefined ? {} : { signal }),
    read() {
      const length = Math.min(chunkBytes, range.end - position);
      if (length === 0) {
        this.push(null);
        return;
      }
      const next = readExactly({ file, buffer: Buffer.allocUnsafe(length), length, position, name });
      position += length;
      reading = next.then(
        (chunk) => this.push(chunk),
        (error: unknown) => this.destroy(diskError(error, `${name} cannot be read`)),
      );
    },
    destroy(error, done) {
      // The descriptor must outlive the read that uses it.
      void reading.then(() => file.close()).then(() => done(error), done);
    },
  });
}
