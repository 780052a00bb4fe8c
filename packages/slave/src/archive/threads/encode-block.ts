import { constants, crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';
import { type FilePart, readFilePart } from './segment.ts';
import type { WorkResult } from './thread-work.ts';

export type EncodeBlock = {
  /** What the parts take their bytes from, one after the other, where they are no part of a file. */
  readonly literal: Uint8Array;
  /** The stretches of the block: a number of bytes of `literal`, or a part of a file. */
  readonly parts: readonly (number | FilePart)[];
  /** How many bytes in front belong to the block before: the compressor may refer back to them. */
  readonly dictionaryBytes: number;
  readonly codec: 'none' | 'deflate' | 'zstd';
  readonly level: number;
  readonly isLast: boolean;
};

export type EncodedBlock = { readonly bytes: Uint8Array; readonly crc32: number; readonly rawBytes: number };

/**
 * Runs on a thread: encodes one block of a long stream by itself. Deflate blocks end on a byte boundary with a
 * sync flush, so that they can be put one after the other (Adler's pigz does the same); zstd blocks are frames.
 */
export function encodeBlock(input: EncodeBlock): WorkResult<EncodedBlock> {
  const { codec, level, isLast, dictionaryBytes } = input;
  const all = join(input);
  const raw = all.subarray(dictionaryBytes);
  const dictionary = all.subarray(0, dictionaryBytes);
  const checksum = codec === 'zstd' ? 0 : crc32(raw);
  const bytes = encode(raw, codec, { level, isLast, dictionary });
  // A small result may be a view of a shared pool, which cannot be given away.
  const owned =
    bytes.byteLength === bytes.buffer.byteLength ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  return {
    output: { bytes: owned, crc32: checksum, rawBytes: raw.length },
    transfer: [owned.buffer as ArrayBuffer],
  };
}

function encode(
  raw: Buffer,
  codec: EncodeBlock['codec'],
  { level, isLast, dictionary }: { level: number; isLast: boolean; dictionary: Buffer },
): Buffer {
  switch (codec) {
    case 'none':
      return raw;
    case 'deflate':
      return deflateRawSync(raw, {
        level,
        memLevel: 9,
        chunkSize: Math.max(64, raw.length + 1024),
        finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
        ...(dictionary.length === 0 ? {} : { dictionary }),
      });
    case 'zstd':
      return zstdCompressSync(raw, {
        chunkSize: Math.max(64, raw.length + 1024),
        params: {
          [constants.ZSTD_c_compressionLevel]: level,
          [constants.ZSTD_c_checksumFlag]: 1,
        },
      });
    default:
      return codec satisfies never;
  }
}

function join({ literal, parts }: EncodeBlock): Buffer {
  const lengths = parts.map((part) => (typeof part === 'number' ? part : part.end - part.start));
  const bytes = Buffer.allocUnsafeSlow(lengths.reduce((sum, length) => sum + length, 0));
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
  return bytes;
}
