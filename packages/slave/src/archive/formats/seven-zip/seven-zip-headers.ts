/**
 * Where the directory of a 7z is (7zFormat.txt): its place stands in the first 32 bytes, and it is mostly packed itself, as a
 * stream that a small header at that place describes.
 */
import { readRange } from '../../read-range.ts';
import { startsWith } from '../../starts-with.ts';
import { sevenZipSignature } from './find-embedded.ts';
import { type FindHeaders, maxHeaderBytes } from './list-by-headers.ts';

const startBytes = 32;
const kPackInfo = 0x06;
const kSize = 0x09;
const kEncodedHeader = 0x17;

export const findSevenZipHeaders: FindHeaders = async (source, signal) => {
  if (source.sizeBytes <= startBytes) return null;
  const first = await readRange(source, { start: 0, end: startBytes }, signal);
  if (!startsWith(first, sevenZipSignature)) return null;
  const start = startBytes + Number(first.readBigUInt64LE(12));
  const end = start + Number(first.readBigUInt64LE(20));
  if (end > source.sizeBytes || end - start > maxHeaderBytes) return null;
  const header = await readRange(source, { start, end }, signal);
  const pieces = [
    { start: 0, bytes: first },
    { start, bytes: header },
  ];
  if (header[0] !== kEncodedHeader) return pieces;
  const packed = packedStreams(header);
  if (packed === null || packed.end > start || packed.end - packed.start > maxHeaderBytes) return null;
  return [...pieces, { start: packed.start, bytes: await readRange(source, packed, signal) }];
};

/** The stretch of the packed streams that an encoded header names. */
function packedStreams(header: Buffer): { start: number; end: number } | null {
  if (header[1] !== kPackInfo) return null;
  const position = readNumber(header, 2);
  const streams = position === null ? null : readNumber(header, position.next);
  if (position === null || streams === null || header[streams.next] !== kSize) return null;
  let bytes = 0;
  let at = streams.next + 1;
  for (let stream = 0; stream < streams.value; stream += 1) {
    const size = readNumber(header, at);
    if (size === null) return null;
    bytes += size.value;
    at = size.next;
  }
  return { start: startBytes + position.value, end: startBytes + position.value + bytes };
}

/** As many high bits as are set in the first byte, so many bytes follow, the lowest first; its other bits are the highest. */
function readNumber(bytes: Buffer, at: number): { value: number; next: number } | null {
  const first = bytes[at];
  if (first === undefined) return null;
  const more = Math.clz32((~first & 0xff) << 24);
  const count = first === 0xff ? 8 : more;
  if (at + 1 + count > bytes.length) return null;
  let value = 0;
  for (let digit = 0; digit < count; digit += 1) value += (bytes[at + 1 + digit] ?? 0) * 2 ** (8 * digit);
  if (count < 7) value += (first & (0x7f >> count)) * 2 ** (8 * count);
  return { value, next: at + 1 + count };
}
