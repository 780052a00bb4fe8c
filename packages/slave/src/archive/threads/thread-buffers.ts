/** How much room to give a result of up to `bytes` that is freed at once: smaller buffers are cut from a shared one. */
export const ownOutputBytes = (bytes: number): number => Math.max(bytes, Buffer.poolSize / 2);

/**
 * Frees the buffer that a result was made in, which had `chunkBytes` of room, unless it was cut from a shared one. Until
 * the collector of a thread comes there would be thirty megabytes of them: it sees the small objects and not the bytes
 * behind.
 */
export function freeOutput(result: Uint8Array, chunkBytes: number): void {
  const buffer = result.buffer as ArrayBuffer;
  if (buffer.byteLength === chunkBytes) buffer.transfer(0);
}

/** Bytes that fill their buffer and can be transferred; what the compressor left of the room it had is freed at once. */
export function giveAway(bytes: Buffer, chunkBytes: number): Uint8Array<ArrayBuffer> {
  const buffer = bytes.buffer as ArrayBuffer;
  if (bytes.byteLength === buffer.byteLength) return new Uint8Array(buffer);
  const copy = new Uint8Array(bytes);
  freeOutput(bytes, chunkBytes);
  return copy;
}

/** Frees what came along with a piece of work once it was copied or used: until the collector came there would be many of them. */
export function freeLiteral(literal: Uint8Array): void {
  const buffer = literal.buffer as ArrayBuffer;
  if (buffer.byteLength === literal.byteLength) buffer.transfer(0);
}
