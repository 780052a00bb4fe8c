import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { ByteRange, ByteSource } from './ports.ts';

const chunkBytes = 1024 * 1024;

/** A stream over a range, in large chunks where the bytes are on this machine. */
export function openRange(source: ByteSource, range: ByteRange, signal: AbortSignal): Readable {
  if (source.localPath === null || range.end <= range.start) return source.open(range, signal);
  source.noteRead?.(range.end - range.start);
  return createReadStream(source.localPath, {
    start: range.start,
    end: range.end - 1,
    highWaterMark: chunkBytes,
    signal,
  });
}
