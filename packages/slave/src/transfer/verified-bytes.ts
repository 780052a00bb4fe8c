import { createHash } from 'node:crypto';
import { AppError, type BlobAccess, type ErrorCode } from '@longshore/protocol';

/**
 * Passes on the bytes of a whole blob and fails at their end when they are not the blob. The last bytes have been
 * passed on by then: what is made of them must not be published before the stream has ended.
 */
export async function* verifiedBytes(
  bytes: AsyncIterable<Uint8Array>,
  access: BlobAccess,
  mismatch: ErrorCode,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== access.sha256) {
    throw new AppError(mismatch, `blob ${access.blobId} does not have the checksum it was stored with`);
  }
}
