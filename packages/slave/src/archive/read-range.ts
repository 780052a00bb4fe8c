import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AppError } from '@longshore/protocol';
import { freeChunk } from '@longshore/runtime';
import type { ByteRange, ByteSource } from './ports.ts';

/**
 * Reads a range into memory. Throws `ARCHIVE_TRUNCATED` for one outside the source; the caller bounds its size.
 * `onBytes` is told of what comes from elsewhere while it comes.
 */
export async function readRange(
  source: ByteSource,
  range: ByteRange,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<Buffer> {
  const length = range.end - range.start;
  if (range.start < 0 || length < 0 || range.end > source.sizeBytes) {
    throw new AppError('ARCHIVE_TRUNCATED', `the archive ends before byte ${range.end}`);
  }
  if (length === 0) return Buffer.alloc(0);
  signal.throwIfAborted();
  if (source.localPath === null) return await collect(source.open(range, signal), length, onBytes);
  source.noteRead?.(length);
  return await readLocal(source.localPath, range.start, length);
}

async function readLocal(path: string, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  const file = await open(path, 'r');
  try {
    let done = 0;
    while (done < length) {
      const { bytesRead } = await file.read(bytes, done, length - done, start + done);
      if (bytesRead === 0) throw new AppError('SOURCE_CHANGED', `${path} is shorter than it was`);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

async function collect(stream: Readable, length: number, onBytes: (bytes: number) => void): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (done + chunk.length > length) {
      throw new AppError('TRANSFER_FAILED', `the source sent more than the ${length} bytes asked for`);
    }
    chunk.copy(bytes, done);
    done += chunk.length;
    onBytes(chunk.length);
    freeChunk(chunk);
  }
  if (done < length) throw new AppError('TRANSFER_FAILED', `the source sent ${done} of ${length} bytes`);
  return bytes;
}
