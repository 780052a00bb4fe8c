import { pipeline } from 'node:stream';
import { AppError } from '@longshore/protocol';
import type { Compression } from './compressions.ts';
import { openRange } from './open-range.ts';
import type { ByteRange, ByteSource } from './ports.ts';

/**
 * The decoded bytes of a source. Fails with `ARCHIVE_CORRUPT` or `ARCHIVE_TRUNCATED` where it cannot be decoded.
 * Leaving the iteration closes the source.
 */
export async function* decodeStream(
  source: ByteSource,
  compression: Compression,
  options: { range?: ByteRange; signal: AbortSignal; onSourceBytes?: (bytes: number) => void },
): AsyncGenerator<Buffer, void> {
  const range = options.range ?? { start: 0, end: source.sizeBytes };
  const packed = openRange(source, range, options.signal);
  const decoder = compression.createDecoder(options.signal);
  let failure: unknown = null;
  let sourceBytes = 0;
  if (options.onSourceBytes !== undefined) {
    packed.on('data', (chunk: Buffer) => {
      sourceBytes += chunk.length;
      options.onSourceBytes?.(sourceBytes);
    });
    packed.pause();
  }
  pipeline(packed, decoder, (error) => {
    failure = error ?? null;
  });
  try {
    for await (const chunk of decoder) yield chunk as Buffer;
  } catch (error) {
    options.signal.throwIfAborted();
    throw toArchiveError(failure ?? error);
  } finally {
    packed.destroy();
    decoder.destroy();
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
