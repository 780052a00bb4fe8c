import type { Writable } from 'node:stream';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { AppError, headers as names } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Context } from 'hono';
import { parseRange } from '../storage/parse-range.ts';
import type { ByteRange } from '../storage/storage-driver.ts';
import type { HttpEnv } from './http-env.ts';

/** Bytes of a known size that never change under their tag. */
export type AnswerableBytes = {
  readonly etag: string;
  readonly sizeBytes: number;
  readonly headers: Record<string, string>;
  /** Named in the log when sending fails. */
  readonly object: Record<string, string>;
  /** Writes the range; calls `onOpen` once before the first byte, and throws before when there is none to send. */
  send(to: Writable, options: { range: ByteRange; onOpen: () => void }): Promise<void>;
};

/**
 * Answers GET and HEAD: one Range, ETag, `If-None-Match`, `If-Range`. The bytes go straight to the connection, past web
 * streams, which halve the rate. When they break off after the head was sent the connection is cut, so that nobody takes
 * a part for the whole. Throws `RANGE_NOT_SATISFIABLE`, and what `send` throws.
 */
export async function answerBytes(
  c: Context<HttpEnv>,
  log: Logger,
  content: AnswerableBytes,
): Promise<Response> {
  const { outgoing } = c.env;
  const { etag, sizeBytes } = content;
  const head: Record<string, string> = {
    ...content.headers,
    etag,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    [names.requestId]: c.get('requestId'),
  };
  if (matches(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers: head });
  const { range, status } = chooseRange(c, sizeBytes, etag);
  head['content-length'] = String(range.end - range.start);
  if (status === 206) head['content-range'] = `bytes ${range.start}-${range.end - 1}/${sizeBytes}`;
  if (c.req.method === 'HEAD') return new Response(null, { status, headers: head });

  const onOpen = (): void => void outgoing.writeHead(status, head);
  try {
    await content.send(outgoing, { range, onOpen });
    outgoing.end();
  } catch (error) {
    if (!outgoing.headersSent) throw error;
    outgoing.destroy();
    const fields = { requestId: c.get('requestId'), ...content.object, err: error };
    if (error instanceof AppError && error.code === 'TRANSFER_FAILED') log.debug(fields, 'receiver has gone');
    else log.error(fields, 'bytes broke off while they were sent');
  }
  return RESPONSE_ALREADY_SENT.clone();
}

function chooseRange(
  c: Context<HttpEnv>,
  sizeBytes: number,
  etag: string,
): { range: ByteRange; status: 200 | 206 } {
  const ifRange = c.req.header('if-range');
  const applies = ifRange === undefined || ifRange.trim() === etag;
  const range = applies ? parseRange(c.req.header('range'), sizeBytes) : null;
  if (range === 'unsatisfiable') {
    c.header('content-range', `bytes */${sizeBytes}`);
    throw new AppError('RANGE_NOT_SATISFIABLE', `the range lies outside the ${sizeBytes} bytes`);
  }
  if (range === null) return { range: { start: 0, end: sizeBytes }, status: 200 };
  return { range, status: 206 };
}

/** `If-None-Match` compares weakly: "W/" in front does not matter. */
const matches = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));
