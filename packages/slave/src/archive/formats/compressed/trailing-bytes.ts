import { AppError } from '@longshore/protocol';

export const trailingNote = 'bytes behind the end of the compressed data were passed by';

/**
 * Judges the bytes behind whole members where no other member begins. As gzip, bzip2 and lz4 have it, they end the
 * stream. But where they are a signature with a bit or two turned, or the beginning of one, a member is damaged: then
 * half of the content would pass for the whole. Throws `ARCHIVE_CORRUPT` and `ARCHIVE_TRUNCATED`.
 */
export function passTrailingBytes(
  found: Uint8Array,
  signatures: readonly (readonly number[])[],
  onNote: (what: string) => void,
): void {
  for (const signature of signatures) {
    if (found.length < signature.length && found.every((byte, at) => byte === signature[at])) {
      throw new AppError('ARCHIVE_TRUNCATED', 'the compressed data ends in a signature');
    }
    if (isDamagedSignature(found, signature)) {
      throw new AppError('ARCHIVE_CORRUPT', 'a part of the compressed data has a damaged signature');
    }
  }
  onNote(trailingNote);
}

/** All bytes but one, or all but a few bits, are those of the signature. */
export function isDamagedSignature(found: Uint8Array, signature: readonly number[]): boolean {
  if (found.length < signature.length) return false;
  const differences = signature.map((byte, at) => byte ^ (found[at] ?? 0)).filter((bits) => bits !== 0);
  const bits = differences.reduce((sum, difference) => sum + bitsOf(difference), 0);
  return differences.length === 1 || (bits > 0 && bits <= maxDamagedBits);
}

const maxDamagedBits = 2;

function bitsOf(byte: number): number {
  let bits = 0;
  for (let left = byte; left > 0; left >>>= 1) bits += left & 1;
  return bits;
}
