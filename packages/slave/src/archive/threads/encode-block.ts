import { constants, crc32, deflateRawSync } from 'node:zlib';
import { scratchBuffer } from './scratch-buffer.ts';
import { type FilePart, readFilePart } from './segment.ts';
import { freeLiteral, giveAway } from './thread-buffers.ts';
import type { WorkResult } from './thread-work.ts';

export type EncodeBlock = {
  /** What the parts take their bytes from, one after the other, where they are no part of a file. */
  readonly literal: Uint8Array;
  /** The stretches of the block: a number of bytes of `literal`, or a part of a file. */
  readonly parts: readonly (number | FilePart)[];
  /** How many bytes in front belong to the block before: the compressor may refer back to them. */
  readonly dictionaryBytes: number;
  readonly codec: 'none' | 'deflate';
  readonly level: number;
  readonly isLast: boolean;
};

export type EncodedBlock = { readonly bytes: Uint8Array; readonly crc32: number; readonly rawBytes: number };

/**
 * Runs on a thread: encodes one block of a long stream by itself. Deflate blocks end on a byte boundary with a
 * sync flush, so that they can be put one after the other (Adler's pigz does the same).
 */
export function encodeBlock(input: EncodeBlock): WorkResult<EncodedBlock> {
  const { codec, level, isLast, dictionaryBytes } = input;
  const all = join(input);
  const raw = all.subarray(dictionaryBytes);
  const dictionary = all.subarray(0, dictionaryBytes);
  const checksum = crc32(raw);
  const chunkSize = Math.max(64, raw.length + 1024);
  const bytes = encode(raw, codec, { level, isLast, dictionary, chunkSize });
  const owned = giveAway(bytes, chunkSize);
  return {
    output: { bytes: owned, crc32: checksum, rawBytes: raw.length },
    transfer: [owned.buffer],
  };
}

function encode(
  raw: Buffer,
  codec: EncodeBlock['codec'],
  {
    level,
    isLast,
    dictionary,
    chunkSize,
  }: { level: number; isLast: boolean; dictionary: Buffer; chunkSize: number },
): Buffer {
  switch (codec) {
    case 'none':
      return raw;
    case 'deflate':
      return deflateRawSync(raw, {
        level: shrinks(raw) ? level : 0,
        memLevel: 9,
        chunkSize,
        finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
        ...(dictionary.length === 0 ? {} : { dictionary }),
      });
    default:
      return codec satisfies never;
  }
}

const sampleBytes = 4 * 1024;

/** A file may change its nature on the way: blocks that would not shrink are stored within the deflate stream. */
function shrinks(raw: Buffer): boolean {
  if (raw.length < sampleBytes * 16) return true;
  const starts = [0, Math.floor(raw.length / 2), raw.length - sampleBytes];
  const sample = Buffer.concat(starts.map((start) => raw.subarray(start, start + sampleBytes)));
  return deflateRawSync(sample, { level: 1 }).length < sample.length * 0.98;
}

function join({ literal, parts, codec }: EncodeBlock): Buffer {
  // All of it came along, and goes back as it is.
  if (codec === 'none' && parts.length === 1 && parts[0] === literal.length) {
    return Buffer.from(literal.buffer, literal.byteOffset, literal.length);
  }
  const lengths = parts.map((part) => (typeof part === 'number' ? part : part.end - part.start));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const bytes = codec === 'none' ? Buffer.allocUnsafeSlow(total) : scratchBuffer(total);
  let at = 0;
  let literalAt = 0;
  for (const part of parts) {
    if (typeof part === 'number') {
      bytes.set(literal.subarray(literalAt, literalAt + part), at);
      literalAt += part;
      at += part;
    } else {
      readFilePart(part, bytes, at);
      at += part.end - part.start;
    }
  }
  freeLiteral(literal);
  return bytes;
}
