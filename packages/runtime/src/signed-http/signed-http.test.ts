import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { AppError, toAppError, toErrorInfo } from '@longshore/protocol';
import { signingKey, signRequest, signResponse } from '@longshore/protocol/server';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../lifecycle/clock.ts';
import { createPeerClient, type PeerClient } from './peer-client.ts';
import { parseSigned, type SignedEnv, signedRequests } from './signed-requests.ts';

const key = signingKey('a secret between one master and one slave, sixty-four letters long');
const maxBodyBytes = 1024 * 1024;
/** What Node takes from a connection before anybody reads: the buffers of the socket and of the request. */
const connectionBuffersBytes = 4 * 65_536;
const Echo = z.object({ text: z.string() });

let closers: (() => void | Promise<void>)[] = [];
let peers: PeerClient;
beforeEach(() => {
  peers = createPeerClient({ clock: systemClock, signatureTtlSeconds: 60 });
  closers = [() => peers.close()];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A slave of one route. `parsed` counts the bodies that were looked at. */
async function startPeer() {
  const seen = { parsed: 0, bytesRead: 0 };
  const nonces = new Set<string>();
  const app = new Hono<SignedEnv<typeof key>>();
  app.use(
    '/slave/v1/*',
    signedRequests({
      role: 'slave',
      findKey: (keyId) => (keyId === key.keyId ? key : undefined),
      nonces: { remember: (_key, nonce) => (nonces.size < nonces.add(nonce).size ? 'new' : 'seen') },
      clock: systemClock,
      maxSkewMs: 60_000,
      signatureTtlSeconds: 60,
      maxBodyBytes,
    }),
  );
  app.post('/slave/v1/echo', (c) => {
    seen.parsed += 1;
    return c.json(parseSigned(c, Echo));
  });
  app.post('/slave/v1/broken', () => {
    throw new AppError('NO_SPACE', 'the disk is full');
  });
  app.post('/slave/v1/text', (c) => c.text('no JSON'));
  app.onError((thrown, c) => {
    const error = toAppError(thrown);
    return c.json({ error: { ...toErrorInfo(error), requestId: 'r' } }, error.status as 400);
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.on('connection', (socket) => {
    socket.on('close', () => {
      seen.bytesRead += socket.bytesRead;
    });
  });
  return { url: await listening(server), seen, server };
}

const serve = (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> =>
  listening(createServer(answer));

const call = (
  baseUrl: string,
  changes: { path?: string; body?: unknown; timeoutMs?: number; signal?: AbortSignal } = {},
) =>
  peers.call({
    baseUrl,
    key,
    path: '/slave/v1/echo',
    body: { text: 'hello' },
    response: Echo,
    requestId: 'r-1',
    timeoutMs: 5000,
    ...changes,
  });

const refusal = async (pending: Promise<unknown>): Promise<AppError> => {
  const error: unknown = await pending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw new Error(`not refused: ${String(error)}`);
  return error;
};

/** Posts a body of `sizeBytes` as fast as the other side takes it, and resolves to the status of the answer. */
function post(
  url: string,
  headers: Record<string, string>,
  sizeBytes: number,
): Promise<{ status: number; code: string; sentBytes: number }> {
  return new Promise((resolve, reject) => {
    const sending = request(`${url}/slave/v1/echo`, { method: 'POST', headers, agent: false });
    const chunk = Buffer.alloc(16_384, 0x20);
    let sentBytes = 0;
    let answered = false;
    const push = (): void => {
      while (!answered && sentBytes < sizeBytes) {
        const size = Math.min(chunk.length, sizeBytes - sentBytes);
        sentBytes += size;
        if (!sending.write(chunk.subarray(0, size))) {
          sending.once('drain', push);
          return;
        }
      }
      if (!answered) sending.end();
    };
    sending.once('response', (response) => {
      answered = true;
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, code: JSON.parse(text).error.code, sentBytes });
        sending.destroy();
      });
    });
    sending.once('error', (error) => {
      if (!answered) reject(error);
    });
    push();
  });
}

const signedHeaders = (body: Uint8Array): Record<string, string> =>
  signRequest({
    key,
    method: 'POST',
    target: '/slave/v1/echo',
    body,
    requestId: 'r-1',
    nowMs: Date.now(),
    ttlSeconds: 60,
  }).headers;

describe('between two sides that keep to the protocol', () => {
  test('P1 a request is verified, and so is its answer', async () => {
    const { url } = await startPeer();
    const answer = await call(url, { body: { text: 'héllo' } });
    expect(answer.data).toEqual({ text: 'héllo' });
    expect(Math.abs(answer.skewMs)).toBeLessThan(1000);
  });

  test('an error of a handler comes back with its code', async () => {
    const { url } = await startPeer();
    expect(await refusal(call(url, { path: '/slave/v1/broken' }))).toMatchObject({
      code: 'NO_SPACE',
      message: 'the disk is full',
    });
    expect((await refusal(call(url, { body: { text: 1 } }))).message).toMatch(/^text: /);
    expect((await refusal(call(url, { path: '/slave/v1/nothing' }))).message).toContain('404');
  });

  test('a signed answer that is not what was agreed is named', async () => {
    const { url } = await startPeer();
    const error = await refusal(call(url, { path: '/slave/v1/text' }));
    expect(error.code).toBe('INTERNAL');
    expect(error.message).toContain(`${url} answered something else than agreed to /slave/v1/text`);
  });
});

describe('P1 L3 a body', () => {
  test('that is announced over the limit is refused unread', async () => {
    const { url, seen, server } = await startPeer();
    const sizeBytes = 64 * 1024 * 1024;
    const headers = { ...signedHeaders(Buffer.from('{}')), 'content-length': String(sizeBytes) };
    const { status, code, sentBytes } = await post(url, headers, sizeBytes);
    expect([status, code]).toEqual([413, 'BODY_TOO_LARGE']);
    expect(sentBytes).toBeLessThan(sizeBytes);
    server.closeAllConnections();
    await expect.poll(() => seen.bytesRead).toBeGreaterThan(0);
    expect(seen.bytesRead).toBeLessThanOrEqual(connectionBuffersBytes);
    expect(seen.parsed).toBe(0);
  });

  test('of a stranger is refused unread', async () => {
    const { url, seen, server } = await startPeer();
    const headers = { 'longshore-protocol': '1.0', 'transfer-encoding': 'chunked' };
    const { status, code } = await post(url, headers, 64 * 1024 * 1024);
    expect([status, code]).toEqual([401, 'SIGNATURE_MISSING']);
    server.closeAllConnections();
    await expect.poll(() => seen.bytesRead).toBeGreaterThan(0);
    expect(seen.bytesRead).toBeLessThanOrEqual(connectionBuffersBytes);
  });

  test('without a length is read up to the limit and no further', async () => {
    const { url, seen, server } = await startPeer();
    const headers = { ...signedHeaders(Buffer.from('{}')), 'transfer-encoding': 'chunked' };
    const { status, code } = await post(url, headers, 64 * 1024 * 1024);
    expect([status, code]).toEqual([413, 'BODY_TOO_LARGE']);
    server.closeAllConnections();
    await expect.poll(() => seen.bytesRead).toBeGreaterThan(0);
    expect(seen.bytesRead).toBeLessThanOrEqual(maxBodyBytes + connectionBuffersBytes);
    expect(seen.parsed).toBe(0);
  });

  test('that does not match its digest is refused before it is parsed', async () => {
    const { url, seen } = await startPeer();
    const { status, code } = await post(url, signedHeaders(Buffer.from('{"text":"hello"}')), 16);
    expect([status, code]).toEqual([400, 'DIGEST_MISMATCH']);
    expect(seen.parsed).toBe(0);
  });
});

test('P1 F2 a target that a URL parser would change is refused as it came', async () => {
  const { url, seen } = await startPeer();
  const body = '{"text":"hello"}';
  const { port } = new URL(url);
  for (const target of ['/slave/v1/x/../echo', '//a/slave/v1/echo', '/slave/v1/echo?', '/slave/v1/./echo']) {
    const lines = Object.entries(signedHeaders(Buffer.from(body))).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(
      `POST ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${lines.join('\r\n')}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer, target).toMatch(/HTTP\/1.1 (401|404)/);
  }
  expect(seen.parsed).toBe(0);
});

describe('what answers in place of a slave', () => {
  const page = '<!doctype html>\n<title>Welcome to nginx!</title>';

  test('N3 a web page is quoted', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', server: 'nginx/1.22' }).end(page);
    });
    const error = await refusal(call(url));
    expect(error.code).toBe('NODE_NOT_A_SLAVE');
    expect(error.message).toBe(
      `${url} answered 200 by "nginx/1.22" with an HTML page titled "Welcome to nginx!", without a signature`,
    );
  });

  test('a redirect is not followed', async () => {
    const { url: slave } = await startPeer();
    const url = await serve((_request, response) => {
      response.writeHead(307, { location: `${slave}/slave/v1/echo` }).end();
    });
    expect((await refusal(call(url))).message).toContain('answered 307');
  });

  test('an answer without end is cut off', async () => {
    const url = await serve((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const push = (): void => {
        while (!response.destroyed && response.write(chunk));
        response.once('drain', push);
      };
      push();
    });
    const error = await refusal(call(url, { timeoutMs: 30_000 }));
    expect(error.code).toBe('NODE_NOT_A_SLAVE');
    expect(error.message).toContain('answered more than');
  });

  test('P1 an answer to another request is refused', async () => {
    const url = await serve((incoming, response) => {
      incoming.resume();
      const body = Buffer.from('{"text":"old"}');
      const headers = signResponse({
        key,
        status: 200,
        body,
        requestNonce: 'another request',
        nowMs: Date.now(),
        ttlSeconds: 60,
      });
      response.writeHead(200, headers).end(body);
    });
    expect((await refusal(call(url))).code).toBe('SIGNATURE_INVALID');
  });

  test('P1 an answer whose body was changed on the way is refused', async () => {
    const { url: slave } = await startPeer();
    const url = await serve((incoming, response) => {
      const { host: _host, ...headers } = incoming.headers;
      const upstream = request(`${slave}${incoming.url}`, { method: 'POST', headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.on('data', (chunk: Buffer) => response.write(chunk.toString().replace('hello', 'hullo')));
        answer.on('end', () => response.end());
      });
      incoming.pipe(upstream);
    });
    expect((await refusal(call(url))).code).toBe('DIGEST_MISMATCH');
  });

  test('F5 an error that nobody signed is believed only where a peer cannot sign', async () => {
    const answer = (code: string): Promise<string> =>
      serve((_request, response) => {
        const error = { code, message: 'x', hint: '', requestId: 'r', details: {} };
        response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
      });
    expect((await refusal(call(await answer('KEY_UNKNOWN')))).code).toBe('KEY_UNKNOWN');
    expect((await refusal(call(await answer('CLOCK_SKEW')))).code).toBe('CLOCK_SKEW');
    expect((await refusal(call(await answer('LEASE_LOST')))).code).toBe('NODE_NOT_A_SLAVE');
    expect((await refusal(call(await answer('CANCELED')))).code).toBe('NODE_NOT_A_SLAVE');
  });
});

describe('N3 what keeps a connection from being made', () => {
  test('nothing listens', async () => {
    const server = createTcpServer();
    const url = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const error = await refusal(call(url));
    expect(error.code).toBe('NODE_REFUSED');
    expect(error.message).toContain(url);
  });

  test('nothing answers in time', async () => {
    const url = await serve((incoming) => void incoming.resume());
    const error = await refusal(call(url, { timeoutMs: 200 }));
    expect(error.code).toBe('NODE_TIMEOUT');
  });

  test('the name does not exist', async () => {
    const error = await refusal(call('http://nowhere.invalid:5213'));
    expect(error.code).toBe('NODE_UNRESOLVABLE');
    expect(error.message).toContain('nowhere.invalid');
  });

  test('the connection breaks', async () => {
    const url = await listening(
      createTcpServer((socket) => void socket.once('data', () => socket.destroy())),
    );
    expect((await refusal(call(url))).code).toBe('NODE_DISCONNECTED');
    const half = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"text":');
      setTimeout(() => response.destroy(), 50);
    });
    expect((await refusal(call(half))).code).toBe('NODE_DISCONNECTED');
  });

  test('what answers does not speak HTTP, or speaks it without TLS', async () => {
    const url = await listening(createTcpServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect((await refusal(call(url))).code).toBe('NODE_NOT_A_SLAVE');
    const { url: plain } = await startPeer();
    expect((await refusal(call(plain.replace('http:', 'https:')))).code).toBe('NODE_TLS');
  });

  test('the caller gives up', async () => {
    const url = await serve((incoming) => void incoming.resume());
    const error = await refusal(call(url, { signal: AbortSignal.timeout(100) }));
    expect(['CANCELED', 'NODE_TIMEOUT']).toContain(error.code);
    expect((await refusal(call(url, { signal: AbortSignal.abort() }))).code).toBe('CANCELED');
  });
});
