import { Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import { AppError } from '@longshore/protocol';

export type ExpectedContent = {
  readonly name: string;
  /** Null where the format does not say the size or the checksum. */
  readonly sizeBytes: number | null;
  readonly crc32: number | null;
  /** Called for each chunk with the bytes of the entry so far; throws to stop an entry that grows too large. */
  readonly onBytes: (chunkBytes: number, entryBytes: number) => void;
};

/**
 * Lets content through and ends normally only when its size and CRC-32 are what the archive says. An entry is
 * cut off at the first byte beyond its declared size. Fails with `ENTRY_CORRUPT`, or with what `onBytes` throws.
 */
export function verifiedContent(expected: ExpectedContent): Transform {
  let bytes = 0;
  let checksum = 0;
  return new Transform({
    readableHighWaterMark: 1024 * 1024,
    writableHighWaterMark: 1024 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      try {
        if (expected.sizeBytes !== null && bytes > expected.sizeBytes) throw wrongSize(expected, bytes);
        if (expected.crc32 !== null) checksum = crc32(chunk, checksum);
        expected.onBytes(chunk.length, bytes);
      } catch (error) {
        done(error as Error);
        return;
      }
      done(null, chunk);
    },
    flush(done) {
      if (expected.sizeBytes !== null && bytes !== expected.sizeBytes) done(wrongSize(expected, bytes));
      else if (expected.crc32 !== null && checksum !== expected.crc32) done(wrongChecksum(expected));
      else done();
    },
  });
}

const wrongSize = (expected: ExpectedContent, bytes: number): AppError =>
  new AppError(
    'ENTRY_CORRUPT',
    `"${expected.name}" should have ${expected.sizeBytes} bytes and has ${bytes > (expected.sizeBytes ?? 0) ? 'more' : bytes}`,
  );

const wrongChecksum = (expected: ExpectedContent): AppError =>
  new AppError('ENTRY_CORRUPT', `"${expected.name}" does not have the CRC-32 that the archive names`);
