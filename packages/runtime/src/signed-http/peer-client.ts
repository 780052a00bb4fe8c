import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import {
  AppError,
  ErrorBody,
  type ErrorCode,
  fromErrorInfo,
  headers as headerNames,
} from '@longshore/protocol';
import {
  type SigningKey,
  signRequest,
  verifyContentDigest,
  verifyResponse,
} from '@longshore/protocol/server';
import got from 'got';
import type { z } from 'zod';
import type { Clock } from '../lifecycle/clock.ts';
import { toConnectionError } from './connection-error.ts';
import { describeStranger } from './describe-stranger.ts';
import { forgetIdleConnections } from './forget-idle-connections.ts';
import { lookupNode, refuseAddresses } from './lookup-node.ts';

export type PeerAnswer<Data> = {
  readonly data: Data;
  /** The peer's clock minus ours, both at half of the round trip. */
  readonly skewMs: number;
  readonly durationMs: number;
};

export type PeerCall<Schema extends z.ZodType> = {
  /** Address of the peer, without a trailing slash. */
  baseUrl: string;
  key: SigningKey;
  path: string;
  method?: 'GET' | 'POST';
  query?: Record<string, string>;
  body?: unknown;
  response: Schema;
  requestId: string;
  timeoutMs: number;
  signal?: AbortSignal;
};

/** Sends signed requests to the other side of the node protocol, over connections that are kept open. */
export type PeerClient = {
  /**
   * Sends one request and verifies the answer. Never retries: the caller owns that. Throws the peer's own error,
   * or `NODE_UNRESOLVABLE`, `NODE_ADDRESS_REFUSED`, `NODE_REFUSED`, `NODE_TIMEOUT`, `NODE_TLS`, `NODE_DISCONNECTED` or
   * `NODE_NOT_A_SLAVE`, or `INTERNAL` for a peer that does not keep to the protocol.
   */
  call<Schema extends z.ZodType>(call: PeerCall<Schema>): Promise<PeerAnswer<z.output<Schema>>>;
  close(): void;
};

/** More than any answer of the protocol needs; a stranger could send without end. */
const maxAnswerBytes = 128 * 1024 * 1024;

/** A peer that does not know our key, or refuses our signature, cannot sign its answer for us. */
const unsignedAnswers: readonly ErrorCode[] = [
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'SIGNATURE_EXPIRED',
  'KEY_UNKNOWN',
  'CLOCK_SKEW',
  'VERSION_MISMATCH',
  'REPLAYED',
];

export function createPeerClient(options: { clock: Clock; signatureTtlSeconds: number }): PeerClient {
  const { clock, signatureTtlSeconds } = options;
  const connections = { keepAlive: true, maxSockets: 64, lookup: lookupNode };
  const agent = { http: new HttpAgent(connections), https: new HttpsAgent(connections) };
  return {
    close: () => {
      agent.http.destroy();
      agent.https.destroy();
    },
    call: async (call) => {
      const url = new URL(call.baseUrl + call.path);
      const refused = refuseAddresses(url.hostname, []);
      if (refused !== undefined) throw refused;
      for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
      const body = call.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(call.body));
      const method = call.method ?? 'POST';
      const sentAtMs = clock.nowMs();
      const startedMs = clock.monotonicMs();
      const signed = signRequest({
        key: call.key,
        method,
        target: url.pathname + url.search,
        body,
        requestId: call.requestId,
        nowMs: sentAtMs,
        ttlSeconds: signatureTtlSeconds,
      });
      const tooLarge = new AbortController();
      const sending = got(url, {
        method,
        headers: { ...signed.headers, ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) },
        ...(method === 'POST' ? { body } : {}),
        agent,
        retry: { limit: 0 },
        throwHttpErrors: false,
        followRedirect: false,
        decompress: false,
        responseType: 'buffer',
        timeout: { request: call.timeoutMs },
        signal: AbortSignal.any([tooLarge.signal, ...(call.signal === undefined ? [] : [call.signal])]),
      });
      void sending.on('downloadProgress', ({ transferred }) => {
        if (transferred > maxAnswerBytes) tooLarge.abort();
      });
      const response = await sending.catch((cause: unknown) => {
        if (!tooLarge.signal.aborted) {
          const error = toConnectionError(cause, url.origin);
          // Whoever is silent on one connection is silent on those that wait in the pool as well.
          if (error.code === 'NODE_TIMEOUT')
            forgetIdleConnections(url.protocol === 'https:' ? agent.https : agent.http, url);
          throw error;
        }
        const message = `${url.origin} answered more than ${maxAnswerBytes} bytes`;
        throw new AppError('NODE_NOT_A_SLAVE', message, { cause });
      });
      const durationMs = clock.monotonicMs() - startedMs;
      const answer = { status: response.statusCode, headers: response.headers, body: response.rawBody };
      const { skewMs } = authenticate({
        answer,
        origin: url.origin,
        key: call.key,
        nonce: signed.nonce,
        sentAtMs,
      });
      const data = understand({ answer, schema: call.response, url });
      return { data, skewMs: skewMs - durationMs / 2, durationMs };
    },
  };
}

type Answer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Uint8Array;
};

function authenticate(options: {
  answer: Answer;
  origin: string;
  key: SigningKey;
  nonce: string;
  sentAtMs: number;
}): { skewMs: number } {
  const { answer, origin } = options;
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  if (headers.signature === undefined) throw unsignedAnswer(answer, headers, origin);
  const verified = verifyResponse({
    response: { status: answer.status, headers },
    key: options.key,
    requestNonce: options.nonce,
    nowMs: options.sentAtMs,
  });
  verifyContentDigest(verified.contentDigest, answer.body);
  return verified;
}

/** The data of an answer that is known to come from the peer. Throws the peer's error, or `INTERNAL`. */
function understand<Schema extends z.ZodType>(options: {
  answer: Answer;
  schema: Schema;
  url: URL;
}): z.output<Schema> {
  const { answer, schema, url } = options;
  const { status } = answer;
  const json = parseJson(Buffer.from(answer.body).toString('utf8'));
  if (status >= 400) {
    const answered = ErrorBody.safeParse(json);
    if (answered.success) throw fromErrorInfo(answered.data.error);
    throw new AppError('INTERNAL', `${url.origin} answered ${status} to ${url.pathname} without saying why`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') || 'body';
  throw new AppError(
    'INTERNAL',
    `${url.origin} answered something else than agreed to ${url.pathname}: ${where}: ${issue?.message ?? ''}`,
    { cause: parsed.error },
  );
}

function unsignedAnswer(
  answer: Answer,
  headers: Record<string, string | undefined>,
  origin: string,
): AppError {
  const text = Buffer.from(answer.body.subarray(0, 65_536)).toString('utf8');
  const parsed = ErrorBody.safeParse(parseJson(text));
  const code = parsed.data?.error.code;
  if (parsed.success && unsignedAnswers.some((known) => known === code)) {
    const { error } = parsed.data;
    return fromErrorInfo({ ...error, details: { ...error.details, ...saidVersion(headers) } });
  }
  const stranger = describeStranger({ status: answer.status, headers, text });
  return new AppError('NODE_NOT_A_SLAVE', `${origin} answered ${stranger}, without a signature`);
}

/** What a peer that cannot sign its refusal says of itself, for people. */
function saidVersion(said: Record<string, string | undefined>): {
  peerVersion?: string;
  peerProtocol?: string;
} {
  const [peerVersion, peerProtocol] = [said[headerNames.version], said[headerNames.protocol]];
  const isPlain = /^[\w.+-]{1,40}$/;
  if (peerVersion === undefined || peerProtocol === undefined) return {};
  return isPlain.test(peerVersion) && isPlain.test(peerProtocol) ? { peerVersion, peerProtocol } : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
