import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError, ErrorBody, fromErrorInfo, StoredBlob } from '@longshore/protocol';
import {
  forgetIdleConnections,
  freeChunk,
  lookupNode,
  refuseAddresses,
  toConnectionError,
} from '@longshore/runtime';
import { type Bandwidth, paced, pieces } from './bandwidth.ts';
import { createLargeReadAgent } from './large-read-agent.ts';
import { createStoreSilence, type StoreSilence } from './store-silence.ts';
import { unacknowledgedBytes } from './unacknowledged-bytes.ts';

type Target = {
  readonly url: URL;
  readonly ticket: string;
  /** For how long the other side may be silent: while it sends, and while it takes nothing of what is sent to it. */
  readonly patienceMs: number;
};

/** `onChunk` sees the chunks of a stream in order; with `freeChunks` each is freed as soon as it has left. */
export type BlobBody = {
  readonly content: Readable | Uint8Array;
  readonly onChunk?: (chunk: Uint8Array) => void;
  readonly freeChunks?: boolean;
};

/** Moves the bytes of blobs over connections that are kept open. Never retries. */
export type BlobHttp = {
  /**
   * The bytes `start` (included) to `end` (excluded) of a blob of `sizeBytes`, once the answer promises exactly
   * them. The stream may still end early. Throws the store's error, `SOURCE_CHANGED`, `TRANSFER_FAILED`, or what
   * the connection failed with.
   */
  get(
    blob: Target & { start: number; end: number; sizeBytes: number },
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> & { destroy(): unknown }>;
  /**
   * Sends a blob and resolves with what the store says it has received. Once all has been taken over by the network,
   * the store may be silent for `answerMs`.
   */
  put(blob: Target & BlobBody & { answerMs: number }, signal: AbortSignal): Promise<StoredBlob>;
  close(): void;
};

const longestErrorBytes = 64 * 1024;
const bodyBufferBytes = 512 * 1024;

export function createBlobHttp({ bandwidth }: { bandwidth: Bandwidth }): BlobHttp {
  const agentOptions = { keepAlive: true, maxSockets: 64, lookup: lookupNode };
  const agents = { http: createLargeReadAgent(agentOptions), https: new HttpsAgent(agentOptions) };

  function send(
    message: Target & { method: string; headers: Record<string, string>; silence: StoreSilence | null },
    body: BlobBody | null,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { url, method, patienceMs, silence } = message;
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const refused = refuseAddresses(url.hostname, []);
      if (refused !== undefined) throw refused;
      const outgoing = (secure ? httpsRequest : httpRequest)(url, {
        method,
        agent: secure ? agents.https : agents.http,
        timeout: silence?.lookEveryMs ?? patienceMs,
        headers: { ...message.headers, authorization: `Bearer ${message.ticket}` },
        signal,
      });
      let answer: IncomingMessage | undefined;
      const fail = (error: unknown): void => {
        outgoing.destroy();
        reject(signal.aborted ? signal.reason : toConnectionError(error, url.origin));
      };
      outgoing.once('response', (response) => {
        answer = response;
        response.socket.setTimeout(patienceMs);
        resolve(response);
      });
      outgoing.once('error', fail);
      const onSilence = (socket: Socket): void => {
        // Work that is slow itself keeps the connection as quiet as a dead peer does.
        const weAreSlow =
          answer === undefined
            ? !outgoing.writableEnded && outgoing.writableLength === 0
            : answer.readableLength > 0;
        // The clock of a socket stops with its first alarm, until bytes move.
        const isDead =
          answer === undefined && silence !== null
            ? silence.isDead({
                nowMs: performance.now(),
                written: socket.bytesWritten,
                unacknowledged: unacknowledgedBytes(socket),
                weAreSlow,
              })
            : !weAreSlow;
        if (!isDead) return void socket.setTimeout(socket.timeout ?? patienceMs);
        const idle = new AppError('NODE_TIMEOUT', `${url.origin} has fallen silent`);
        // Whoever is silent on one connection is silent on those that wait in the pool as well.
        forgetIdleConnections(secure ? agents.https : agents.http, url);
        if (answer === undefined) fail(idle);
        else answer.destroy(idle);
      };
      // A request itself tells of the first silence only.
      outgoing.once('socket', (socket) => {
        const listener = (): void => onSilence(socket);
        socket.on('timeout', listener);
        outgoing.once('close', () => socket.off('timeout', listener));
      });
      if (body === null) outgoing.end();
      else if (body.content instanceof Uint8Array && !bandwidth.isLimited()) outgoing.end(body.content);
      else if (body.content instanceof Uint8Array) {
        pipeline(pieces(body.content, bandwidth, signal), outgoing, { signal }).catch((error: unknown) => {
          if (answer === undefined) setImmediate(() => answer ?? fail(error));
        });
      } else {
        const { content } = body;
        pipeline(content, intoRequest(outgoing, body, { bandwidth, signal }), { signal }).catch(
          (error: unknown) => {
            // A store that refuses answers before it has read everything; its answer says more than the broken pipe.
            if (content.errored !== null && content.errored === error) reject(error);
            else if (answer === undefined) setImmediate(() => answer ?? fail(error));
          },
        );
      }
    });
  }

  return {
    get: async (blob, signal) => {
      const whole = blob.start === 0 && blob.end === blob.sizeBytes;
      const headers: Record<string, string> = whole ? {} : { range: `bytes=${blob.start}-${blob.end - 1}` };
      const response = await send({ ...blob, method: 'GET', headers, silence: null }, null, signal);
      try {
        if ((response.statusCode ?? 0) >= 400) throw await errorOf(response, blob.url);
        checkPromise(response, blob);
        return bandwidth.isLimited() ? Readable.from(paced(response, bandwidth, signal)) : response;
      } catch (error) {
        response.destroy();
        throw error;
      }
    },
    put: async (blob, signal) => {
      const { content } = blob;
      const headers: Record<string, string> = { 'content-type': 'application/octet-stream' };
      if (content instanceof Uint8Array) headers['content-length'] = String(content.length);
      const silence = createStoreSilence({ wayMs: blob.patienceMs, answerMs: blob.answerMs });
      const response = await send({ ...blob, method: 'PUT', headers, silence }, blob, signal);
      if ((response.statusCode ?? 0) >= 400) throw await errorOf(response, blob.url);
      const stored = StoredBlob.safeParse(await readJson(response));
      if (stored.success) return stored.data;
      throw new AppError('TRANSFER_FAILED', `${blob.url.origin} did not say what it has stored`);
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** The body of a request as a stream; one chunk is on its way at a time, the connection buffers enough. */
function intoRequest(
  outgoing: ClientRequest,
  { onChunk, freeChunks = false }: BlobBody,
  pace: { bandwidth: Bandwidth; signal: AbortSignal },
): Writable {
  const body = new Writable({
    highWaterMark: bodyBufferBytes,
    write(chunk: Buffer, _encoding, done) {
      onChunk?.(chunk);
      const written = (error?: Error | null): void => {
        if (freeChunks && !error) freeChunk(chunk);
        done(error);
      };
      if (pace.bandwidth.isLimited()) writePaced(chunk).then(() => written(), written);
      else outgoing.write(chunk, written);
    },
    final(done) {
      outgoing.end();
      done();
    },
    destroy(error, done) {
      if (!outgoing.writableEnded) outgoing.destroy();
      done(error);
    },
  });
  const writePaced = async (chunk: Uint8Array): Promise<void> => {
    for await (const piece of pieces(chunk, pace.bandwidth, pace.signal)) {
      await new Promise<void>((resolve, reject) => {
        outgoing.write(piece, (error) => (error ? reject(error) : resolve()));
      });
    }
  };
  outgoing.once('close', () => body.destroy());
  return body;
}

/** Holds the answer against what was asked for, before a byte of it is used. */
function checkPromise(
  response: IncomingMessage,
  blob: { url: URL; start: number; end: number; sizeBytes: number },
): void {
  const { start, end, sizeBytes } = blob;
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers['content-range'] ?? '');
  // A whole answer may come without its length: then the bytes that arrive are counted.
  const total = Number(
    response.statusCode === 206 ? range?.[3] : (response.headers['content-length'] ?? sizeBytes),
  );
  if (total !== sizeBytes) {
    throw new AppError('SOURCE_CHANGED', `the source has ${total} bytes, not ${sizeBytes}`);
  }
  const from = response.statusCode === 206 ? Number(range?.[1]) : 0;
  const to = response.statusCode === 206 ? Number(range?.[2]) + 1 : sizeBytes;
  if (from !== start || to !== end) {
    throw new AppError(
      'TRANSFER_FAILED',
      `${blob.url.origin} answered bytes ${from} to ${to}, not ${start} to ${end}`,
    );
  }
}

async function errorOf(response: IncomingMessage, url: URL): Promise<AppError> {
  const status = response.statusCode ?? 0;
  const body = ErrorBody.safeParse(await readJson(response).catch(() => undefined));
  if (body.success) return fromErrorInfo(body.data.error);
  const code = status === 404 ? 'BLOB_NOT_FOUND' : 'TRANSFER_FAILED';
  return new AppError(code, `${url.origin} answered ${status} to a blob transfer`);
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestErrorBytes) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
