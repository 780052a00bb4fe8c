const headerBytes = 13;
const minDictionaryBytes = 4096;
const maxSize = 2n ** 38n;

/**
 * True for what may be the header of a .lzma (lzma-specification.txt of the LZMA SDK): properties, a dictionary whose
 * size is a power of two or one and a half of it, a size below 256 GiB or none, and then a zero, as xz judges them.
 */
export function isLzmaHeader(head: Uint8Array): boolean {
  if (head.length < headerBytes + 5 || head[headerBytes] !== 0) return false;
  const header = Buffer.from(head.buffer, head.byteOffset, headerBytes);
  const properties = header[0] ?? 0;
  const literalBits = (properties % 9) + (Math.floor(properties / 9) % 5);
  const size = header.readBigUInt64LE(5);
  return (
    properties < 225 &&
    literalBits <= 4 &&
    isDictionarySize(header.readUInt32LE(1)) &&
    (size < maxSize || size === 2n ** 64n - 1n)
  );
}

function isDictionarySize(bytes: number): boolean {
  if (bytes === 0xffffffff) return true;
  const power = 2 ** Math.floor(Math.log2(bytes));
  return bytes >= minDictionaryBytes && (bytes === power || bytes === power * 1.5);
}
