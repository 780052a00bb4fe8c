import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { createBandwidth } from './bandwidth.ts';
import { createBlobHttp } from './blob-http.ts';

const never = new AbortController().signal;
const sizeBytes = 300_000;
const content = Buffer.alloc(sizeBytes, 'x');

async function store(limit: () => number) {
  let received = 0;
  const server: Server = createServer((request, response) => {
    let own = 0;
    request.on('data', (chunk: Buffer) => {
      own += chunk.length;
    });
    request.once('end', () => {
      received += own;
      const stored = { blobId: crypto.randomUUID(), sizeBytes: own, sha256: '0'.repeat(64) };
      response.end(request.method === 'GET' ? content : JSON.stringify(stored));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bandwidth = createBandwidth({ limit, clock: systemClock });
  const http = createBlobHttp({ bandwidth });
  onTestFinished(() => {
    http.close();
    server.closeAllConnections();
    server.close();
  });
  const target = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/b`),
    ticket: 't',
    patienceMs: 5000,
    answerMs: 5000,
  };
  const get = async (): Promise<number> => {
    let bytes = 0;
    for await (const chunk of await http.get({ ...target, start: 0, end: sizeBytes, sizeBytes }, never)) {
      bytes += chunk.length;
    }
    return bytes;
  };
  const put = async (body: Readable | Uint8Array): Promise<number> =>
    (await http.put({ ...target, content: body }, never)).sizeBytes;
  return { get, put, received: () => received };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}

test('S5: all transfers in both directions share one limit, and every byte arrives', async () => {
  const { get, put, received } = await store(() => 1_000_000);
  let bytes: number[] = [];
  const taken = await seconds(async () => {
    const chunks = Array.from({ length: 10 }, (_, at) => content.subarray(at * 30_000, (at + 1) * 30_000));
    bytes = await Promise.all([get(), get(), put(content), put(Readable.from(chunks))]);
  });
  expect(bytes).toEqual([sizeBytes, sizeBytes, sizeBytes, sizeBytes]);
  expect(received()).toBe(2 * sizeBytes);
  // 1.2 MB at 1 MB/s, less the one turn that may pass at once.
  expect(taken).toBeGreaterThan(1);
});

test('S5: a new limit is in force for what has not passed yet, and none slows nothing', async () => {
  // At the first limit it would take an hour.
  let limit = 100;
  const { get } = await store(() => limit);
  const slow = get();
  limit = 0;
  expect(await Promise.all([slow, get(), get()])).toEqual([sizeBytes, sizeBytes, sizeBytes]);
});

test('S5: small transfers take their turns beside a large one', async () => {
  const { get, put } = await store(() => 200_000);
  const ended: string[] = [];
  const large = get().then(() => ended.push('large'));
  const small = put(content.subarray(0, 1000)).then(() => ended.push('small'));
  await Promise.all([large, small]);
  expect(ended).toEqual(['small', 'large']);
});

test('a transfer that is stopped does not wait for its turn', async () => {
  const bandwidth = createBandwidth({ limit: () => 1000, clock: systemClock });
  const stop = new AbortController();
  const waiting = bandwidth.take(1_000_000, stop.signal);
  stop.abort('user');
  await expect(waiting).rejects.toThrow();
});
