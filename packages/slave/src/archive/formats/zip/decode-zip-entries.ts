/** Runs on a thread: reads one stretch of a zip and decodes the small entries in it. */
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32, inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { scratchBuffer } from '../../threads/scratch-buffer.ts';
import { freeOutput, ownOutputBytes } from '../../threads/thread-buffers.ts';
import { WorkError, type WorkResult } from '../../threads/thread-work.ts';
import { decryptWhole, type Encrypted } from './decrypt-entry.ts';
import { checkLocalHeader, type LocatedEntry } from './local-header.ts';

export type DecodeZipEntries = {
  readonly from: { readonly path: string } | { readonly bytes: Uint8Array };
  /** The stretch of the archive that holds the entries. */
  readonly start: number;
  readonly end: number;
  readonly entries: readonly (LocatedEntry & { readonly encryption: Encrypted | null })[];
  readonly password: string | null;
};

/**
 * The contents one after the other. A string instead of a length says why an entry is refused, null that it ends behind
 * the stretch, because its local extra field is larger than anybody thinks.
 */
export type DecodedZipEntries = {
  readonly content: Uint8Array;
  readonly lengths: readonly (number | string | null)[];
};

export function decodeZipEntries(input: DecodeZipEntries): WorkResult<DecodedZipEntries> {
  const bytes =
    'path' in input.from ? readStretch(input.from.path, input.start, input.end) : asBuffer(input.from.bytes);
  const total = input.entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const content = Buffer.allocUnsafeSlow(total);
  let used = 0;
  const lengths = input.entries.map((entry) => {
    const decoded = decodeEntry(bytes, input, entry);
    if (decoded === null || typeof decoded === 'string') return decoded;
    const { length } = decoded;
    content.set(decoded, used);
    used += length;
    if (entry.method !== 0) freeOutput(decoded, outputBytes(entry));
    return length;
  });
  return { output: { content, lengths }, transfer: [content.buffer as ArrayBuffer] };
}

/** One byte more than declared is enough to see that there is more. */
const outputBytes = ({ sizeBytes }: LocatedEntry): number => ownOutputBytes(sizeBytes + 1);

function decodeEntry(
  bytes: Buffer,
  { start, password }: DecodeZipEntries,
  entry: DecodeZipEntries['entries'][number],
): Uint8Array | string | null {
  const dataStart = checkLocalHeader(bytes, start, entry);
  if (typeof dataStart === 'string') return dataStart;
  if (dataStart + entry.compressedBytes > bytes.length) return null;
  const stored = bytes.subarray(dataStart, dataStart + entry.compressedBytes);
  const packed = entry.encryption === null ? stored : decryptWhole(stored, entry.encryption, password ?? '');
  if (typeof packed === 'string') return packed;
  const decoded = decompress(packed, entry);
  if (typeof decoded === 'string') return decoded;
  if (decoded.length !== entry.sizeBytes)
    return `should have ${entry.sizeBytes} bytes and has ${decoded.length}`;
  if (entry.hasCrc && crc32(decoded) !== entry.crc32)
    return 'does not have the CRC-32 that the archive names';
  return decoded;
}

function decompress(packed: Uint8Array, entry: LocatedEntry): Uint8Array | string {
  const { method, sizeBytes } = entry;
  if (method === 0) return packed;
  if (sizeBytes === 0 && packed.length <= 2) return new Uint8Array(0);
  const limits = { maxOutputLength: sizeBytes + 1, chunkSize: outputBytes(entry) };
  try {
    return method === 8 ? inflateRawSync(packed, limits) : zstdDecompressSync(packed, limits);
  } catch (error) {
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return tooLarge ? `should have ${sizeBytes} bytes and has more` : 'cannot be decompressed';
  }
}

function readStretch(path: string, start: number, end: number): Buffer {
  const bytes = scratchBuffer(end - start);
  const file = openSync(path, 'r');
  try {
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(file, bytes, done, bytes.length - done, start + done);
      if (read === 0) throw new WorkError('SOURCE_CHANGED', `${path} is shorter than it was`);
      done += read;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
