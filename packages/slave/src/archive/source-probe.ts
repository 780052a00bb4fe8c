import { AppError } from '@longshore/protocol';
import { createByteReader } from './byte-reader.ts';
import type { Compression } from './compressions.ts';
import { decodeStream } from './decode-stream.ts';
import { isSkippable } from './formats/compressed/zstd-frames.ts';
import {
  type Embedded,
  embeddedWithinBytes,
  findEmbedded,
  isProgram,
} from './formats/seven-zip/find-embedded.ts';
import { blockBytes, isEmptyTar, isTarHeader, isZero } from './formats/tar/tar-header.ts';
import { hasZipEnd } from './formats/zip/zip-end.ts';
import type { ByteSource } from './ports.ts';
import { readRange } from './read-range.ts';

/** The first and last bytes of a source, read at most once each, for telling formats apart. */
export type SourceProbe = {
  readonly source: ByteSource;
  readonly name: string;
  readonly head: Uint8Array;
  /** The head from the first frame on that is not one to be skipped, as Zstandard and LZ4 both allow in front. */
  readonly frame: Uint8Array;
  readonly signal: AbortSignal;
  tail(): Promise<Uint8Array>;
  /** The 7z or rar behind a program; null where the source is no program, or has none or a zip behind it. */
  embedded(): Promise<Embedded | null>;
  /** True when a tar stands inside this compression. */
  hasTarInside(compression: Compression): Promise<boolean>;
};

const headBytes = 64 * 1024;
const tailBytes = 66 * 1024;
/** Enough for the first block of any compression at its largest, which is one of 8 MiB in an old LZ4. */
const decodedFromBytes = 9 * 1024 * 1024;
const maxSkippedFrames = 32;

export async function probeSource(
  source: ByteSource,
  name: string,
  signal: AbortSignal,
): Promise<SourceProbe> {
  const head = await readRange(source, { start: 0, end: Math.min(headBytes, source.sizeBytes) }, signal);
  let tail: Promise<Uint8Array> | undefined;
  let embedded: Promise<Embedded | null> | undefined;
  const tarInside = new Map<Compression, Promise<boolean>>();
  const readTail = () => {
    const start = Math.max(0, source.sizeBytes - tailBytes);
    tail ??= readRange(source, { start, end: source.sizeBytes }, signal);
    return tail;
  };
  // A zip behind a program may hold another archive as it is.
  const findBehindProgram = async () =>
    hasZipEnd(Buffer.from(await readTail())) ? null : await embeddedArchive(source, signal);
  return {
    source,
    name,
    head,
    frame: await firstFrame(source, head, signal),
    signal,
    tail: readTail,
    embedded: () => {
      embedded ??= isProgram(head) ? findBehindProgram() : Promise.resolve(null);
      return embedded;
    },
    hasTarInside: (compression) => {
      const known = tarInside.get(compression) ?? findTarInside(source, compression, signal);
      tarInside.set(compression, known);
      return known;
    },
  };
}

/** Reads as much of a program as may stand in front of an archive. */
export async function embeddedArchive(source: ByteSource, signal: AbortSignal): Promise<Embedded | null> {
  const range = { start: 0, end: Math.min(source.sizeBytes, embeddedWithinBytes) };
  return findEmbedded(await readRange(source, range, signal));
}

async function firstFrame(source: ByteSource, head: Buffer, signal: AbortSignal): Promise<Buffer> {
  let frame = head;
  let start = 0;
  for (let skipped = 0; frame.length >= 8 && isSkippable(frame.readUInt32LE(0)); skipped += 1) {
    const frameBytes = 8 + frame.readUInt32LE(4);
    start += frameBytes;
    if (skipped >= maxSkippedFrames || start >= source.sizeBytes) return Buffer.alloc(0);
    const end = Math.min(source.sizeBytes, start + headBytes);
    frame =
      frameBytes + 8 <= frame.length
        ? frame.subarray(frameBytes)
        : await readRange(source, { start, end }, signal);
  }
  return frame;
}

/** Far more than the beginning of any archive takes. */
const headerCpuSeconds = 60;

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
    maxCpuSeconds: headerCpuSeconds,
    onNote: () => undefined,
  });
  try {
    const reader = createByteReader(decoded);
    const block = await reader.peek(blockBytes);
    return isTarHeader(block) || (isZero(block) && isEmptyTar(await reader.peek(headBytes + 1)));
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
