import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { AppError } from '@longshore/protocol';
import type { ByteSource } from './ports.ts';

const chunkBytes = 256 * 1024;

/**
 * Reads a source from end to end and keeps nothing. Throws `SOURCE_CHANGED` or `BLOB_CORRUPT` when it is not what it was,
 * and what its reading fails with. Sources from elsewhere check themselves when they are read whole.
 */
export async function checkSource(source: ByteSource, signal: AbortSignal): Promise<void> {
  const { localPath, sizeBytes, sha256 } = source;
  if (localPath !== null) return await checkFile(localPath, { sizeBytes, sha256 }, signal);
  for await (const _ of source.open({ start: 0, end: sizeBytes }, signal));
}

/** The same for a file of this machine. */
export async function checkFile(
  path: string,
  { sizeBytes, sha256 }: Pick<ByteSource, 'sizeBytes' | 'sha256'>,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size !== sizeBytes) throw new AppError('SOURCE_CHANGED', `has ${size} bytes, not ${sizeBytes}`);
    if (sha256 === null) return;
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, Math.max(1, sizeBytes)));
    for (let done = 0; done < sizeBytes; ) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, done);
      if (bytesRead === 0) throw new AppError('SOURCE_CHANGED', `ends at byte ${done} of ${sizeBytes}`);
      hash.update(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
    if (hash.digest('hex') !== sha256) {
      throw new AppError('BLOB_CORRUPT', 'does not have the checksum it was stored with');
    }
  } finally {
    await file.close();
  }
}
