/** Larger than the pool that small buffers share. */
const freedBytes = 256 * 1024;

/**
 * Bytes that fill their buffer and can be transferred. What the compressor left of its own buffer is freed at once:
 * waiting for the collector would cost a hundred megabytes.
 */
export function giveAway(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const buffer = bytes.buffer as ArrayBuffer;
  if (bytes.byteLength === buffer.byteLength) return new Uint8Array(buffer);
  const copy = new Uint8Array(bytes);
  if (buffer.byteLength >= freedBytes) buffer.transfer(0);
  return copy;
}
