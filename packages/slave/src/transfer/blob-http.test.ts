import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { createBandwidth } from './bandwidth.ts';
import { createBlobHttp } from './blob-http.ts';

const patienceMs = 200;
const chunk = Buffer.alloc(10_000, 1);

async function peer(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const http = createBlobHttp({ bandwidth: createBandwidth({ limit: () => 0, clock: systemClock }) });
  onTestFinished(() => {
    http.close();
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/b`);
  return { http, blob: { url, ticket: 't', patienceMs, answerMs: patienceMs } };
}

test('B5 a store that falls silent is noticed, also after a pause that was ours', {
  timeout: 5000,
}, async () => {
  const { http, blob } = await peer((request) => void request.resume());
  const content = Readable.from(
    (async function* () {
      yield chunk;
      await delay(2 * patienceMs);
      yield chunk;
    })(),
  );
  await expect(http.put({ ...blob, content }, new AbortController().signal)).rejects.toMatchObject({
    code: 'NODE_TIMEOUT',
  });
});

test('B5 a store that takes nothing more is given up long before one that may be busy with what it has', {
  timeout: 5000,
}, async () => {
  const { http, blob } = await peer(() => undefined);
  const more = { ...blob, answerMs: 60_000, content: Buffer.alloc(20_000_000) };
  await expect(http.put(more, new AbortController().signal)).rejects.toMatchObject({ code: 'NODE_TIMEOUT' });
});

test('B5 B6 a store that takes bytes now and then, and is busy when it has them all, is waited for', async () => {
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let sizeBytes = 0;
    for await (const bytes of request as AsyncIterable<Buffer>) {
      // Of one megabyte to the next there is a pause.
      const before = sizeBytes;
      sizeBytes += bytes.length;
      if (Math.floor(before / 1e6) !== Math.floor(sizeBytes / 1e6)) await delay(patienceMs / 2);
    }
    await delay(2 * patienceMs);
    response.end(JSON.stringify({ blobId: crypto.randomUUID(), sizeBytes, sha256: '0'.repeat(64) }));
  };
  const { http, blob } = await peer((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  const content = Buffer.alloc(8_000_000);
  const slow = { ...blob, answerMs: 60_000, content };
  const stored = await http.put(slow, new AbortController().signal);
  expect(stored.sizeBytes).toBe(content.length);
});

test('B5 a source that falls silent is noticed, also after a pause that was ours', {
  timeout: 5000,
}, async () => {
  const sizeBytes = 3 * chunk.length;
  const { http, blob } = await peer((_, response) => {
    response.writeHead(200, { 'content-length': sizeBytes });
    response.write(chunk);
  });
  const range = { start: 0, end: sizeBytes, sizeBytes };
  const bytes = await http.get({ ...blob, ...range }, new AbortController().signal);
  // What has arrived waits to be read meanwhile.
  await delay(2 * patienceMs);
  const read = async (): Promise<void> => {
    for await (const _ of bytes);
  };
  await expect(read()).rejects.toMatchObject({ code: 'NODE_TIMEOUT' });
});

test.for(['http://169.254.169.254/b', 'http://[fe80::1]/b'])(
  'F13 no blob is asked for at %s, nor sent there',
  async (address) => {
    const { http, blob } = await peer((_, response) => response.end());
    const to = { ...blob, url: new URL(address) };
    const { signal } = new AbortController();
    const refused = { code: 'NODE_ADDRESS_REFUSED' };
    await expect(http.get({ ...to, start: 0, end: 1, sizeBytes: 1 }, signal)).rejects.toMatchObject(refused);
    await expect(http.put({ ...to, content: chunk }, signal)).rejects.toMatchObject(refused);
  },
);

test('pauses of ours alone end nothing', async () => {
  const { http, blob } = await peer((request, response) => {
    let sizeBytes = 0;
    request.on('data', (bytes: Buffer) => {
      sizeBytes += bytes.length;
    });
    request.once('end', () => {
      response.end(JSON.stringify({ blobId: crypto.randomUUID(), sizeBytes, sha256: '0'.repeat(64) }));
    });
  });
  const content = Readable.from(
    (async function* () {
      for (let pauses = 0; pauses < 3; pauses += 1) {
        yield chunk;
        await delay(2 * patienceMs);
      }
    })(),
  );
  const stored = await http.put({ ...blob, content }, new AbortController().signal);
  expect(stored.sizeBytes).toBe(3 * chunk.length);
});
