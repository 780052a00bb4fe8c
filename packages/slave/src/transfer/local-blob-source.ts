import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AppError, type BlobAccess } from '@longshore/protocol';
import type { ByteRange, ByteSource } from '../archive/ports.ts';
import { systemCodeOf, toSystemError } from '../errors/system-error.ts';
import type { TransferMeter } from '../metrics/slave-metrics.ts';
import { verifiedBytes } from './verified-bytes.ts';

const blockBytes = 1024 * 1024;

/** A blob of a store that this node holds itself. Throws `BLOB_NOT_FOUND`, or `BLOB_CORRUPT` for a wrong size. */
export async function openLocalBlob(
  access: BlobAccess,
  path: string,
  meter: TransferMeter,
): Promise<ByteSource> {
  const { size } = await stat(path).catch((error: unknown) => {
    throw toReadError(error, access);
  });
  if (size !== access.sizeBytes) {
    throw new AppError('BLOB_CORRUPT', `blob ${access.blobId} has ${size} bytes, not ${access.sizeBytes}`);
  }
  return {
    sizeBytes: size,
    localPath: path,
    sha256: access.sha256,
    noteRead: (bytes) => meter.transferred({ direction: 'read', way: 'local', bytes }),
    open: (range, signal) => {
      const whole = range.start === 0 && range.end === size;
      const bytes = readBytes({ access, path, range, meter }, signal);
      return Readable.from(whole ? verifiedBytes(bytes, access, 'BLOB_CORRUPT') : bytes, {
        objectMode: false,
        highWaterMark: blockBytes,
      });
    },
  };
}

async function* readBytes(
  source: { access: BlobAccess; path: string; range: ByteRange; meter: TransferMeter },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { access, path, meter } = source;
  const { start, end } = source.range;
  if (start >= end) return;
  const file = createReadStream(path, {
    start,
    end: end - 1,
    highWaterMark: Math.min(blockBytes, end - start),
  });
  let left = end - start;
  try {
    for await (const chunk of file as AsyncIterable<Uint8Array>) {
      signal.throwIfAborted();
      left -= chunk.length;
      meter.transferred({ direction: 'read', way: 'local', bytes: chunk.length });
      yield chunk;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw toReadError(error, access);
  } finally {
    file.destroy();
  }
  if (left > 0)
    throw new AppError('SOURCE_CHANGED', `blob ${access.blobId} became shorter while it was read`);
}

function toReadError(error: unknown, access: BlobAccess): AppError {
  return systemCodeOf(error) === 'ENOENT'
    ? new AppError('BLOB_NOT_FOUND', `blob ${access.blobId} is not in the store of this node`, {
        cause: error,
      })
    : toSystemError(error, 'the store of this node');
}
