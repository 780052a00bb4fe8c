/** One 512-byte header of a tar: POSIX ustar and pax (IEEE Std 1003.1), GNU's and old V7's. */
export type TarHeader = {
  readonly nameBytes: Uint8Array;
  readonly linkBytes: Uint8Array;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly modifiedAtSeconds: number;
  /** As a character; "0" for the NUL of V7. */
  readonly type: string;
  readonly isGnu: boolean;
};

export const blockBytes = 512;
const maxSize = Number.MAX_SAFE_INTEGER;

/** Null for a block of zeros, "damaged" when the checksum or a number is wrong. */
export function parseTarHeader(block: Buffer): TarHeader | null | 'damaged' {
  if (block[0] === 0 && isZero(block)) return null;
  if (!hasChecksum(block)) return 'damaged';
  const sizeBytes = readNumber(block, 124, 12);
  const modifiedAtSeconds = readNumber(block, 136, 12);
  if (sizeBytes === null || sizeBytes < 0 || sizeBytes > maxSize) return 'damaged';
  const magic = block.toString('latin1', 257, 263);
  const prefix = magic === 'ustar\0' ? trimNul(block.subarray(345, 500)) : block.subarray(0, 0);
  const name = trimNul(block.subarray(0, 100));
  const typeByte = block[156] ?? 0;
  return {
    nameBytes: prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), name]) : name,
    linkBytes: trimNul(block.subarray(157, 257)),
    mode: (readNumber(block, 100, 8) ?? 0o644) & 0o777,
    sizeBytes,
    modifiedAtSeconds: modifiedAtSeconds ?? 0,
    type: typeByte === 0 ? '0' : String.fromCharCode(typeByte),
    isGnu: magic === 'ustar ',
  };
}

/** True when the first block of `bytes` is a tar header. */
export const isTarHeader = (bytes: Uint8Array): boolean => {
  if (bytes.length < blockBytes) return false;
  return hasChecksum(Buffer.from(bytes.buffer, bytes.byteOffset, blockBytes));
};

const maxEmptyBytes = 64 * 1024;

/** True when `bytes`, which are all that there is, are the zeros that end a tar: one without entries. */
export const isEmptyTar = (bytes: Uint8Array): boolean =>
  bytes.length >= blockBytes * 2 &&
  bytes.length <= maxEmptyBytes &&
  bytes.length % blockBytes === 0 &&
  isZero(bytes);

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** Old tars summed signed bytes; both sums are accepted. */
function hasChecksum(block: Buffer): boolean {
  const expected = readNumber(block, 148, 8);
  let unsigned = 8 * 0x20;
  let signed = 8 * 0x20;
  for (let at = 0; at < blockBytes; at += 1) {
    if (at === 148) at += 8;
    const byte = block[at] ?? 0;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  return expected === unsigned || expected === signed;
}

/** Octal digits between spaces and NULs, or GNU's base 256 when the first bit is set. Null for anything else. */
export function readNumber(block: Buffer, start: number, length: number): number | null {
  const first = block[start] ?? 0;
  if ((first & 0x80) !== 0) return readBase256(block, start, length);
  const text = block
    .toString('latin1', start, start + length)
    .replace(/\0.*$/s, '')
    .trim();
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : null;
}

/** Two's complement over all bits but the first. */
function readBase256(block: Buffer, start: number, length: number): number | null {
  let value = 0n;
  for (let at = start; at < start + length; at += 1) value = value * 256n + BigInt(block[at] ?? 0);
  const number = Number(BigInt.asIntN(length * 8 - 1, value));
  return Number.isSafeInteger(number) ? number : null;
}

function trimNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}
