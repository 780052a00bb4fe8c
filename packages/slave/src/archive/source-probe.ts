import { AppError } from '@longshore/protocol';
import { createByteReader } from './byte-reader.ts';
import type { Compression } from './compressions.ts';
import { decodeStream } from './decode-stream.ts';
import { isTarHeader } from './formats/tar/tar-header.ts';
import type { ByteSource } from './ports.ts';
import { readRange } from './read-range.ts';

/** The first and last bytes of a source, read at most once each, for telling formats apart. */
export type SourceProbe = {
  readonly source: ByteSource;
  readonly name: string;
  readonly head: Uint8Array;
  readonly signal: AbortSignal;
  tail(): Promise<Uint8Array>;
  /** True when a tar stands inside this compression. */
  hasTarInside(compression: Compression): Promise<boolean>;
};

const headBytes = 64 * 1024;
const tailBytes = 66 * 1024;
/** Enough for the first block of a bzip2 at its largest. */
const decodedFromBytes = 2 * 1024 * 1024;

export async function probeSource(
  source: ByteSource,
  name: string,
  signal: AbortSignal,
): Promise<SourceProbe> {
  const head = await readRange(source, { start: 0, end: Math.min(headBytes, source.sizeBytes) }, signal);
  let tail: Promise<Uint8Array> | undefined;
  const tarInside = new Map<Compression, Promise<boolean>>();
  return {
    source,
    name,
    head,
    signal,
    tail: () => {
      const start = Math.max(0, source.sizeBytes - tailBytes);
      tail ??= readRange(source, { start, end: source.sizeBytes }, signal);
      return tail;
    },
    hasTarInside: (compression) => {
      const known = tarInside.get(compression) ?? findTarInside(source, compression, signal);
      tarInside.set(compression, known);
      return known;
    },
  };
}

/** Decodes no more than it takes to see the first header. What cannot be decoded holds no tar. */
async function findTarInside(
  source: ByteSource,
  compression: Compression,
  signal: AbortSignal,
): Promise<boolean> {
  const stop = new AbortController();
  const range = { start: 0, end: Math.min(source.sizeBytes, decodedFromBytes) };
  const decoded = decodeStream(source, compression, {
    range,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  try {
    const block = await createByteReader(decoded).take(512);
    return block !== null && isTarHeader(block);
  } catch (error) {
    signal.throwIfAborted();
    if (
      error instanceof AppError &&
      (error.code === 'ARCHIVE_CORRUPT' || error.code === 'ARCHIVE_TRUNCATED')
    ) {
      return false;
    }
    throw error;
  } finally {
    stop.abort('user');
  }
}

export function startsWith(bytes: Uint8Array, magic: readonly number[], offset = 0): boolean {
  return bytes.length >= offset + magic.length && magic.every((byte, at) => bytes[offset + at] === byte);
}
