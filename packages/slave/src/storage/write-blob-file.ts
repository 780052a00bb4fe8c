import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { type BlobFacts, createBlobDigest, freeChunk } from '@longshore/runtime';

/** Small chunks are gathered to this size, because each write costs a trip to the thread pool. */
const gatherBytes = 1024 * 1024;

/**
 * Writes a new file, closes and syncs it. Resolves with the size and digest of what was written when it survives a crash.
 * The file is the caller's to delete on failure. `onBytes` is told what was written as it goes. `freeChunks` frees the chunks of a stream once they are written.
 */
export async function writeBlobFile(
  handle: FileHandle,
  {
    content,
    freeChunks,
    onBytes,
  }: { content: Readable | Uint8Array; freeChunks: boolean; onBytes: (bytes: number) => void },
  signal: AbortSignal,
): Promise<BlobFacts> {
  try {
    const facts =
      content instanceof Uint8Array
        ? await writeWhole(handle, content)
        : await writeStream(handle, content, { freeChunks, onBytes, signal });
    if (content instanceof Uint8Array) onBytes(content.length);
    await handle.datasync();
    return facts;
  } finally {
    await handle.close();
  }
}

async function writeWhole(handle: FileHandle, content: Uint8Array): Promise<BlobFacts> {
  const digest = createBlobDigest();
  digest.add(content);
  await handle.writeFile(content);
  return digest.facts();
}

/** Reads on while the last block is being written, so that source and disk work at the same time. */
async function writeStream(
  handle: FileHandle,
  content: Readable,
  {
    freeChunks,
    onBytes,
    signal,
  }: { freeChunks: boolean; onBytes: (bytes: number) => void; signal: AbortSignal },
): Promise<BlobFacts> {
  const digest = createBlobDigest();
  let sizeBytes = 0;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  let writing = Promise.resolve();
  const writeGathered = async (): Promise<void> => {
    const block = gathered;
    const position = sizeBytes - gatheredBytes;
    gathered = [];
    gatheredBytes = 0;
    await writing;
    const bytes = block.reduce((sum, chunk) => sum + chunk.length, 0);
    writing = writeAt(handle, block, position).then(() => {
      onBytes(bytes);
      if (freeChunks) for (const chunk of block) freeChunk(chunk);
    });
    // Awaited above or below; until then a failure must not count as unhandled.
    writing.catch(() => undefined);
  };
  for await (const chunk of content as AsyncIterable<Uint8Array>) {
    signal.throwIfAborted();
    digest.add(chunk);
    gathered.push(chunk);
    gatheredBytes += chunk.length;
    sizeBytes += chunk.length;
    if (gatheredBytes >= gatherBytes) await writeGathered();
  }
  if (gatheredBytes > 0) await writeGathered();
  await writing;
  return digest.facts();
}

async function writeAt(handle: FileHandle, block: Uint8Array[], position: number): Promise<void> {
  const total = block.reduce((sum, chunk) => sum + chunk.length, 0);
  const { bytesWritten } = await handle.writev(block, position);
  if (bytesWritten === total) return;
  // A full disk may take a part before it says so.
  const rest = Buffer.concat(block).subarray(bytesWritten);
  for (let done = 0; done < rest.length; ) {
    const step = await handle.write(rest, done, rest.length - done, position + bytesWritten + done);
    done += step.bytesWritten;
  }
}
