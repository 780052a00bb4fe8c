/**
 * LZ4 frames (github.com/lz4/lz4, doc/lz4_Frame_format.md and lz4_Block_format.md), one after the other, with all
 * their checksums checked, and the frames of before 2013 that have none. Neither Node nor 7-Zip reads them.
 */
import { Duplex } from 'node:stream';
import { AppError } from '@longshore/protocol';
import { type ByteReader, createByteReader } from '../../byte-reader.ts';
import { passTrailingBytes } from './trailing-bytes.ts';
import { createXxh32, xxh32 } from './xxh32.ts';
import { isSkippable } from './zstd-frames.ts';

export const lz4Signature = [0x04, 0x22, 0x4d, 0x18];
export const lz4LegacySignature = [0x02, 0x21, 0x4c, 0x18];
const frameMagic = 0x184d2204;
const legacyMagic = 0x184c2102;
const windowBytes = 64 * 1024;
const legacyBlockBytes = 8 * 1024 * 1024;
/** What a legacy block takes at most; a larger number is no size but begins something else. */
const maxLegacyPackedBytes = legacyBlockBytes + Math.ceil(legacyBlockBytes / 255) + 16;

export function createLz4Decoder(onNote: (what: string) => void): Duplex {
  return Duplex.from(async function* (source: AsyncIterable<Buffer>) {
    const reader = createByteReader(source);
    for (let frames = 0; ; frames += 1) {
      const found = await reader.peek(4);
      if (found.length === 0 && frames > 0) return;
      const magic = found.length < 4 ? 0 : found.readUInt32LE(0);
      if (!isMagic(magic)) {
        if (frames === 0) throw corrupt('no LZ4 frame begins where one should');
        passTrailingBytes(found, [lz4Signature, lz4LegacySignature], onNote);
        return;
      }
      await reader.need(4);
      if (magic === frameMagic) yield* decodeFrame(reader);
      else if (magic === legacyMagic) yield* decodeLegacyFrame(reader);
      else await reader.skip((await reader.need(4)).readUInt32LE(0));
    }
  });
}

const isMagic = (value: number): boolean =>
  value === frameMagic || value === legacyMagic || isSkippable(value);

/** Blocks of 8 MiB up to the end of the file, or to what cannot be the size of one. */
async function* decodeLegacyFrame(reader: ByteReader): AsyncGenerator<Buffer, void> {
  for (let blocks = 0; ; blocks += 1) {
    const size = await reader.peek(4);
    if (size.length === 0) return;
    if (size.length < 4)
      throw new AppError('ARCHIVE_TRUNCATED', 'the archive ends in the size of an LZ4 block');
    if (size.readUInt32LE(0) > maxLegacyPackedBytes) {
      if (blocks > 0 || isMagic(size.readUInt32LE(0))) return;
      throw corrupt('an old LZ4 frame begins with no block');
    }
    const packedBytes = (await reader.need(4)).readUInt32LE(0);
    yield decodeBlock(await reader.need(packedBytes), Buffer.alloc(0), legacyBlockBytes);
  }
}

async function* decodeFrame(reader: ByteReader): AsyncGenerator<Buffer, void> {
  const { isIndependent, hasBlockChecksum, hasContentChecksum, maxBlockBytes, contentBytes } =
    await readHeader(reader);
  const contentHash = createXxh32();
  let decodedBytes = 0;
  let window: Buffer = Buffer.alloc(0);
  for (;;) {
    const size = (await reader.need(4)).readUInt32LE(0);
    if (size === 0) break;
    const isStored = size >= 0x80000000;
    const packedBytes = size % 0x80000000;
    if (packedBytes > maxBlockBytes) throw corrupt('an LZ4 block is larger than its frame allows');
    const packed = await reader.need(packedBytes);
    if (hasBlockChecksum && (await reader.need(4)).readUInt32LE(0) !== xxh32(packed)) {
      throw corrupt('the checksum of an LZ4 block is wrong');
    }
    const block = isStored
      ? Buffer.from(packed)
      : decodeBlock(packed, isIndependent ? Buffer.alloc(0) : window, maxBlockBytes);
    decodedBytes += block.length;
    if (hasContentChecksum) contentHash.update(block);
    if (!isIndependent) window = Buffer.concat([window, block]).subarray(-windowBytes);
    yield block;
  }
  if (hasContentChecksum && (await reader.need(4)).readUInt32LE(0) !== contentHash.digest()) {
    throw corrupt('the checksum of an LZ4 frame is wrong');
  }
  if (contentBytes !== null && contentBytes !== decodedBytes)
    throw corrupt('an LZ4 frame has not the size it names');
}

async function readHeader(reader: ByteReader) {
  const start = await reader.need(2);
  const flags = start[0] ?? 0;
  const blockCode = ((start[1] ?? 0) >>> 4) & 7;
  if (flags >>> 6 !== 1) throw corrupt('the version of an LZ4 frame is not known');
  if ((flags & 1) !== 0) throw new AppError('ARCHIVE_UNSUPPORTED', 'the LZ4 frame needs a dictionary');
  if (blockCode < 4) throw corrupt('an LZ4 frame names no block size');
  const hasSize = (flags & 8) !== 0;
  const size = hasSize ? await reader.need(8) : Buffer.alloc(0);
  const check = (await reader.need(1))[0];
  if (check !== ((xxh32(Buffer.concat([start, size])) >>> 8) & 0xff))
    throw corrupt('the header of an LZ4 frame is damaged');
  return {
    isIndependent: (flags & 0x20) !== 0,
    hasBlockChecksum: (flags & 0x10) !== 0,
    hasContentChecksum: (flags & 4) !== 0,
    maxBlockBytes: 1 << (8 + 2 * blockCode),
    contentBytes: hasSize ? Number(size.readBigUInt64LE(0)) : null,
  };
}

/** Sequences of literals and matches; a match may reach back into `window`, which stands before the block. */
function decodeBlock(packed: Buffer, window: Buffer, maxBytes: number): Buffer {
  const output = Buffer.allocUnsafeSlow(window.length + maxBytes);
  output.set(window, 0);
  let out = window.length;
  let at = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble !== 15) return length;
    for (let byte = 255; byte === 255; at += 1) {
      if (at >= packed.length) throw corrupt('an LZ4 block ends in a length');
      byte = packed[at] ?? 0;
      length += byte;
    }
    return length;
  };
  while (at < packed.length) {
    const token = packed[at] ?? 0;
    at += 1;
    const literals = extended(token >>> 4);
    if (at + literals > packed.length || out + literals > output.length)
      throw corrupt('an LZ4 block runs over its end');
    packed.copy(output, out, at, at + literals);
    at += literals;
    out += literals;
    if (at === packed.length) break;
    if (at + 2 > packed.length) throw corrupt('an LZ4 block ends in an offset');
    const offset = packed.readUInt16LE(at);
    at += 2;
    const length = extended(token & 15) + 4;
    if (offset === 0 || offset > out || out + length > output.length)
      throw corrupt('an LZ4 match lies outside its block');
    if (offset >= length) output.copyWithin(out, out - offset, out - offset + length);
    else
      for (let copied = 0; copied < length; copied += 1)
        output[out + copied] = output[out + copied - offset] ?? 0;
    out += length;
  }
  return output.subarray(window.length, out);
}

const corrupt = (message: string): AppError => new AppError('ARCHIVE_CORRUPT', message);
