/**
 * Gives back the memory of a chunk that nobody will read or write again, now. The collector sees small objects and
 * not the bytes behind them: it lets 64 MiB of used chunks pile up and then marks the whole heap to free them, which
 * costs more than moving the bytes. A chunk that shares its memory is left alone.
 */
export function freeChunk(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength && !buffer.detached) {
    buffer.transfer(0);
  }
}
