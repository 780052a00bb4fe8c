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
