import type { HttpBindings } from '@hono/node-server';
import { AppError, type ErrorBody, toErrorInfo } from '@longshore/protocol';
import {
  type NonceStore,
  type SigningKey,
  signResponse,
  type VerifiedRequest,
  verifyContentDigest,
  verifyRequest,
} from '@longshore/protocol/server';
import type { Context, HonoRequest, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { z } from 'zod';
import type { Clock } from '../lifecycle/clock.ts';

export type SignedEnv<Key extends SigningKey> = {
  Bindings: HttpBindings;
  Variables: { peer: VerifiedRequest<Key>; signedBody: Uint8Array };
};

/**
 * Admits only requests of a peer that holds a key, and signs the answers. The signature is verified over the
 * headers before a byte of the body is read; the body is read up to `maxBodyBytes` and held against its digest
 * before anything parses it.
 */
export function signedRequests<Key extends SigningKey>(options: {
  role: 'master' | 'slave';
  findKey(keyId: string): Key | undefined | Promise<Key | undefined>;
  nonces: NonceStore;
  clock: Clock;
  maxSkewMs: number;
  signatureTtlSeconds: number;
  maxBodyBytes: number;
}): MiddlewareHandler<SignedEnv<Key>> {
  const { role, findKey, nonces, clock, maxSkewMs } = options;
  return createMiddleware<SignedEnv<Key>>(async (c, next) => {
    const request = {
      method: c.req.method,
      target: requestTarget(c.req.url, c.env),
      headers: c.req.header(),
    };
    const peer = await verifyRequest({ request, role, findKey, nonces, nowMs: clock.nowMs(), maxSkewMs });
    c.set('peer', peer);
    try {
      const body = await readBody(c.req, options.maxBodyBytes);
      verifyContentDigest(peer.contentDigest, body);
      c.set('signedBody', body);
      await next();
    } catch (error) {
      // What a handler throws is answered by the app before it gets here; this is about the body itself. The peer
      // is known by now and believes only answers that are signed.
      if (!(error instanceof AppError)) throw error;
      const refusal: ErrorBody = { error: { ...toErrorInfo(error), requestId: peer.requestId } };
      c.res = Response.json(refusal, { status: error.status });
    }
    const answer = new Uint8Array(await c.res.arrayBuffer());
    const headers = new Headers(c.res.headers);
    const signed = signResponse({
      key: peer.key,
      status: c.res.status,
      body: answer,
      requestNonce: peer.nonce,
      nowMs: clock.nowMs(),
      ttlSeconds: options.signatureTtlSeconds,
    });
    for (const [name, value] of Object.entries(signed)) headers.set(name, value);
    c.res = new Response(answer, { status: c.res.status, headers });
  });
}

/** Path and query as they stand in the request line; without a connection, as in some tests, those of the URL. */
function requestTarget(href: string, env: Partial<HttpBindings> | undefined): string {
  const url = new URL(href);
  return env?.incoming?.url ?? url.pathname + url.search;
}

/** The signed body, parsed. Throws `BAD_REQUEST` naming the first wrong field. */
export function parseSigned<Schema extends z.ZodType, Key extends SigningKey>(
  c: Context<SignedEnv<Key>>,
  schema: Schema,
): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(c.get('signedBody')).toString('utf8'));
  } catch (cause) {
    throw new AppError('BAD_REQUEST', 'the body is not JSON', { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AppError('BAD_REQUEST', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`);
}

async function readBody(request: HonoRequest, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = (): AppError =>
    new AppError('BODY_TOO_LARGE', `the body is larger than ${maxBytes} bytes`);
  if (Number(request.header('content-length') ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.raw.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
