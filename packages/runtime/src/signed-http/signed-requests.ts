import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import {
  AppError,
  type ErrorBody,
  formatProtocolVersion,
  headers as headerNames,
  productVersion,
  protocolVersion,
  toErrorInfo,
} from '@longshore/protocol';
import {
  type NonceStore,
  type SignedRequestParts,
  type SigningKey,
  signResponse,
  type VerifiedRequest,
  verifyContentDigest,
  verifyRequest,
} from '@longshore/protocol/server';
import type { Context, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { z } from 'zod';
import type { Clock } from '../lifecycle/clock.ts';

export type SignedEnv<Key extends SigningKey> = {
  Bindings: HttpBindings;
  Variables: { peer: VerifiedRequest<Key>; signedBody: Uint8Array; answer: Answer | undefined };
};

type Answer = { status: number; body: string; headers: Record<string, string> };

const ownVersion = {
  [headerNames.version]: productVersion,
  [headerNames.protocol]: formatProtocolVersion(protocolVersion),
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
    const request = requestParts(c);
    const verifying = verifyRequest({ request, role, findKey, nonces, nowMs: clock.nowMs(), maxSkewMs });
    const peer = await verifying.catch((error: unknown) => {
      // For the person who looks for what is wrong, where there is no key to sign the refusal with.
      for (const [name, value] of Object.entries(ownVersion)) c.header(name, value);
      throw error;
    });
    c.set('peer', peer);
    try {
      const body = await readBody(c, options.maxBodyBytes);
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
    const { status, body, headers } = c.get('answer') ?? (await answerOf(c.res));
    const signed = signResponse({
      key: peer.key,
      status,
      body,
      requestNonce: peer.nonce,
      nowMs: clock.nowMs(),
      ttlSeconds: options.signatureTtlSeconds,
    });
    // Given a second answer, Hono would copy the first one into it.
    c.res = undefined;
    c.res = new Response(body, { status, headers: { ...headers, ...signed } });
  });
}

/**
 * Answers a signed request with JSON. Saying so instead of `c.json` leaves the bytes where the signature needs them; to get
 * them out of a Response costs as much as the signature.
 */
export function answerSigned<Key extends SigningKey>(
  c: Context<SignedEnv<Key>>,
  data: unknown,
  status = 200,
): Response {
  const headers = { 'content-type': 'application/json' };
  c.set('answer', { status, body: JSON.stringify(data), headers });
  return c.body(null);
}

async function answerOf(response: Response): Promise<Answer> {
  return {
    status: response.status,
    body: await response.text(),
    headers: Object.fromEntries(response.headers),
  };
}

/**
 * The request as it arrived. The connection has it at hand, where a Request would first have to be made; without a
 * connection, as in some tests, there is only that.
 */
function requestParts(c: Context): SignedRequestParts {
  const incoming = connectionOf(c);
  const method = c.req.method;
  if (incoming === undefined) {
    const url = new URL(c.req.url);
    return { method, target: url.pathname + url.search, headers: c.req.header() };
  }
  return { method, target: incoming.url ?? '', headers: incoming.headers as Record<string, string> };
}

const connectionOf = (c: Context): IncomingMessage | undefined =>
  (c.env as Partial<HttpBindings> | undefined)?.incoming as IncomingMessage | undefined;

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

async function readBody(c: Context, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = (): AppError =>
    new AppError('BODY_TOO_LARGE', `the body is larger than ${maxBytes} bytes`);
  const incoming = connectionOf(c);
  // To ask the request for a header would copy all of them first.
  const announced =
    incoming === undefined ? c.req.header('content-length') : incoming.headers['content-length'];
  if (Number(announced ?? 0) > maxBytes) throw tooLarge();
  const body = incoming === undefined ? await c.req.bytes() : await readIncoming(incoming, maxBytes);
  if (body === undefined || body.length > maxBytes) throw tooLarge();
  return body;
}

/** Undefined when there is more; the rest is left where it is, so that the refusal can still be answered. */
function readIncoming(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= maxBytes) return;
      incoming.off('data', take).pause();
      resolve(undefined);
    };
    incoming
      .on('data', take)
      .once('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size)))
      .once('error', reject)
      .once('close', () => {
        if (incoming.readableEnded) return;
        reject(new AppError('TRANSFER_FAILED', 'the request broke off in its body'));
      });
  });
}
