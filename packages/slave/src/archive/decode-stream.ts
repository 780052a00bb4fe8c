import { type Duplex, pipeline } from 'node:stream';
import { AppError } from '@longshore/protocol';
import type { Compression } from './compressions.ts';
import { openRange } from './open-range.ts';
import type { ByteRange, ByteSource } from './ports.ts';

type DecodeOptions = {
  readonly range?: ByteRange;
  readonly signal: AbortSignal;
  readonly maxCpuSeconds: number | null;
  readonly onNote: (what: string) => void;
  readonly onSourceBytes?: (bytes: number) => void;
};

/** What a fast decoder fails with where only a careful one gives all of the content. */
export class DecodeCarefully extends Error {}

/**
 * The decoded bytes of a source. Fails with `ARCHIVE_CORRUPT` or `ARCHIVE_TRUNCATED` where it cannot be decoded.
 * Leaving the iteration closes the source.
 */
export async function* decodeStream(
  source: ByteSource,
  compression: Compression,
  options: DecodeOptions,
): AsyncGenerator<Buffer, void> {
  let decodedBytes = 0;
  try {
    for await (const chunk of decodeOnce(source, compression, { ...options, isCareful: false })) {
      decodedBytes += chunk.length;
      yield chunk;
    }
    return;
  } catch (error) {
    if (!(error instanceof DecodeCarefully)) throw error;
  }
  for await (const chunk of decodeOnce(source, compression, { ...options, isCareful: true })) {
    const known = Math.min(decodedBytes, chunk.length);
    decodedBytes -= known;
    if (known < chunk.length) yield chunk.subarray(known);
  }
}

async function* decodeOnce(
  source: ByteSource,
  compression: Compression,
  options: DecodeOptions & { readonly isCareful: boolean },
): AsyncGenerator<Buffer, void> {
  const range = options.range ?? { start: 0, end: source.sizeBytes };
  const packed = openRange(source, range, options.signal);
  const stages = compression.createDecoder(options);
  const decoder = stages.at(-1) as Duplex;
  let failure: unknown = null;
  let sourceBytes = 0;
  if (options.onSourceBytes !== undefined) {
    packed.on('data', (chunk: Buffer) => {
      sourceBytes += chunk.length;
      options.onSourceBytes?.(sourceBytes);
    });
    packed.pause();
  }
  pipeline([packed, ...stages], (error) => {
    failure = error ?? null;
  });
  try {
    for await (const chunk of decoder) yield chunk as Buffer;
  } catch (error) {
    options.signal.throwIfAborted();
    if (!options.isCareful && compression.needsCare?.(failure ?? error) === true) throw new DecodeCarefully();
    throw toArchiveError(failure ?? error);
  } finally {
    packed.destroy();
    for (const stage of stages) stage.destroy();
  }
}

/** Failures of a decoder as failures of the archive; anything else as it is. */
export function toArchiveError(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  if (code === 'Z_BUF_ERROR')
    return new AppError('ARCHIVE_TRUNCATED', 'the compressed data ends too early', { cause: error });
  if (!/^(Z_|ZSTD_|ERR_ZSTD|ERR_BROTLI|ERR__ERROR|ERR_PADDING|ERR__)/.test(code)) return error;
  return new AppError('ARCHIVE_CORRUPT', 'the compressed data is damaged', { cause: error });
}
