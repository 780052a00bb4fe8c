import { BlobId, headers as names } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Context } from 'hono';
import type { Stores } from '../storage/stores.ts';
import { answerBytes } from './answer-bytes.ts';
import type { HttpEnv } from './http-env.ts';

type SentBlob = { id: string; storeId: string; sizeBytes: number; sha256: string };

/** Answers with the bytes of a blob, like `answerBytes`. Throws also `BLOB_NOT_FOUND`, `BLOB_CORRUPT`. */
export function sendBlob(
  c: Context<HttpEnv>,
  deps: { stores: Stores; log: Logger },
  options: { blob: SentBlob; headers: Record<string, string> },
): Promise<Response> {
  const { blob } = options;
  return answerBytes(c, deps.log, {
    etag: `"${blob.sha256}"`,
    sizeBytes: blob.sizeBytes,
    headers: {
      ...options.headers,
      'content-type': 'application/octet-stream',
      [names.blobSha256]: blob.sha256,
    },
    object: { blobId: blob.id },
    send: (to, sending) => deps.stores.get(blob.storeId).send(BlobId.parse(blob.id), to, sending),
  });
}
