import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { AppError, BlobId, headers as names } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Context } from 'hono';
import { parseRange } from '../storage/parse-range.ts';
import type { ByteRange } from '../storage/storage-driver.ts';
import type { Stores } from '../storage/stores.ts';
import type { HttpEnv } from './http-env.ts';

type SentBlob = { id: string; storeId: string; sizeBytes: number; sha256: string };

/**
 * Answers GET and HEAD with the bytes of a blob: one Range, ETag, `If-None-Match`, `If-Range`. The bytes go straight to
 * the connection, past web streams, which halve the rate. When the store fails after the head was sent the connection
 * is cut, so that nobody takes a part for the whole. Throws `RANGE_NOT_SATISFIABLE`, `BLOB_NOT_FOUND`, `BLOB_CORRUPT`.
 */
export async function sendBlob(
  c: Context<HttpEnv>,
  deps: { stores: Stores; log: Logger },
  options: { blob: SentBlob; headers: Record<string, string> },
): Promise<Response> {
  const { blob } = options;
  const { outgoing } = c.env;
  const etag = `"${blob.sha256}"`;
  const head: Record<string, string> = {
    ...options.headers,
    etag,
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    [names.blobSha256]: blob.sha256,
    [names.requestId]: c.get('requestId'),
  };
  if (matches(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers: head });
  const { range, status } = chooseRange(c, blob, etag);
  head['content-length'] = String(range.end - range.start);
  if (status === 206) head['content-range'] = `bytes ${range.start}-${range.end - 1}/${blob.sizeBytes}`;
  if (c.req.method === 'HEAD') return new Response(null, { status, headers: head });

  const onOpen = (): void => void outgoing.writeHead(status, head);
  try {
    await deps.stores.get(blob.storeId).send(BlobId.parse(blob.id), outgoing, { range, onOpen });
    outgoing.end();
  } catch (error) {
    if (!outgoing.headersSent) throw error;
    outgoing.destroy();
    const fields = { requestId: c.get('requestId'), blobId: blob.id, err: error };
    if (error instanceof AppError && error.code === 'TRANSFER_FAILED') {
      deps.log.debug(fields, 'receiver has gone');
    } else deps.log.error(fields, 'blob broke off while it was sent');
  }
  return RESPONSE_ALREADY_SENT.clone();
}

function chooseRange(
  c: Context<HttpEnv>,
  blob: SentBlob,
  etag: string,
): { range: ByteRange; status: 200 | 206 } {
  const ifRange = c.req.header('if-range');
  const applies = ifRange === undefined || ifRange.trim() === etag;
  const range = applies ? parseRange(c.req.header('range'), blob.sizeBytes) : null;
  if (range === 'unsatisfiable') {
    c.header('content-range', `bytes */${blob.sizeBytes}`);
    throw new AppError('RANGE_NOT_SATISFIABLE', `the range lies outside the ${blob.sizeBytes} bytes`);
  }
  if (range === null) return { range: { start: 0, end: blob.sizeBytes }, status: 200 };
  return { range, status: 206 };
}

/** `If-None-Match` compares weakly: "W/" in front does not matter. */
const matches = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));
