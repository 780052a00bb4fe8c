import { AppError } from '@longshore/protocol';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { HttpEnv } from './http-env.ts';

/**
 * Refuses a body of more bytes with `BODY_TOO_LARGE`. A length that was announced is believed, because the HTTP parser
 * holds the caller to it: looking at the body itself would turn the request into web streams, which takes longer than
 * most handlers. What comes without a length is counted.
 */
export function limitBody(maxBytes: number): MiddlewareHandler<HttpEnv> {
  const refuse = (): never => {
    throw new AppError('BODY_TOO_LARGE', `the body may have at most ${maxBytes} bytes`);
  };
  const counted = bodyLimit({ maxSize: maxBytes, onError: refuse });
  return async (c, next) => {
    const { headers } = c.env.incoming;
    if (headers['transfer-encoding'] !== undefined) return counted(c, next);
    if (Number(headers['content-length'] ?? 0) > maxBytes) refuse();
    return next();
  };
}
