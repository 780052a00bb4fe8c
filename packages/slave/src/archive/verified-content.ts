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

/** Smaller ones, such as those that Node shares between buffers, are left to the collector. */
const leastFreedBytes = 256 * 1024;

/** What has come waits this long for the rest of its buffer: a slow source must not look like one that has stopped. */
const patienceMs = 500;

/**
 * Lets content through and ends normally only when its size and CRC-32 are what the archive says. An entry is
 * cut off at the first byte beyond its declared size. Fails with `ENTRY_CORRUPT`, or with what `onBytes` throws. A
 * decoder fills a large buffer bit by bit: its pieces leave as one chunk, which is whole, so that a sink can free it.
 */
export function verifiedContent(expected: ExpectedContent): Transform {
  let bytes = 0;
  let checksum = 0;
  let held: Buffer | null = null;
  let impatience: NodeJS.Timeout | undefined;
  const content = new Transform({
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
      const joined = held === null ? chunk : joinedInPlace(held, chunk);
      if (joined === null) letGo();
      held = joined ?? chunk;
      if (mayGrow(held)) impatience ??= setTimeout(letGo, patienceMs);
      else letGo();
      done();
    },
    flush(done) {
      letGo();
      if (expected.sizeBytes !== null && bytes !== expected.sizeBytes) done(wrongSize(expected, bytes));
      else if (expected.crc32 !== null && checksum !== expected.crc32) done(wrongChecksum(expected));
      else done();
    },
    destroy(error, done) {
      clearTimeout(impatience);
      done(error);
    },
  });
  function letGo(): void {
    clearTimeout(impatience);
    impatience = undefined;
    if (held !== null) content.push(held);
    held = null;
  }
  return content;
}

/** One chunk over both where the second follows the first in the same memory. */
const joinedInPlace = (first: Buffer, second: Buffer): Buffer | null =>
  first.buffer === second.buffer && first.byteOffset + first.length === second.byteOffset
    ? Buffer.from(first.buffer, first.byteOffset, first.length + second.length)
    : null;

const mayGrow = ({ buffer, byteOffset, length }: Buffer): boolean =>
  byteOffset === 0 && buffer.byteLength >= leastFreedBytes && length < buffer.byteLength;

const wrongSize = (expected: ExpectedContent, bytes: number): AppError =>
  new AppError(
    'ENTRY_CORRUPT',
    `"${expected.name}" should have ${expected.sizeBytes} bytes and has ${bytes > (expected.sizeBytes ?? 0) ? 'more' : bytes}`,
  );

const wrongChecksum = (expected: ExpectedContent): AppError =>
  new AppError('ENTRY_CORRUPT', `"${expected.name}" does not have the CRC-32 that the archive names`);
