import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { BlobAccess, Source } from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import { createPeerClient, systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { createMasterLink } from '../report/master-link.ts';
import { fakeSecret, startFakeMaster } from '../testing/fake-master.ts';
import { oneKey } from '../testing/one-key.ts';
import { testMeter } from '../testing/test-meter.ts';
import { createBandwidth } from './bandwidth.ts';
import { createBlobHttp } from './blob-http.ts';
import { remoteBlobSource } from './remote-blob-source.ts';

const content = randomBytes(3_000_000);
const never = new AbortController().signal;

async function remote(change: Partial<BlobAccess> = {}) {
  const master = await startFakeMaster();
  const peers = createPeerClient({ clock: systemClock, signatureTtlSeconds: 60 });
  const http = createBlobHttp({
    bandwidth: createBandwidth({ limit: () => 0, clock: systemClock }),
  });
  onTestFinished(async () => {
    http.close();
    peers.close();
    await master.close();
  });
  const hello = { masterUrls: [master.url], heartbeatMs: 1000 } as Parameters<
    typeof createMasterLink
  >[0]['hello'];
  const link = createMasterLink({ key: signingKey(fakeSecret), hello, peers, timeoutMs: 500, ...oneKey });
  const source = master.addSource('file', content) as Extract<Source, { kind: 'file' }>;
  const access = { ...source.access, ...change };
  const blob = remoteBlobSource({
    meter: testMeter,
    access,
    link,
    http,
    renew: () => Promise.resolve({ ...access, ticket: master.ticket }),
  });
  const read = (start = 0, end = content.length): Promise<Buffer> => buffer(blob.open({ start, end }, never));
  return { master, blob, read };
}

test('any range is exactly these bytes', async () => {
  const { read } = await remote();
  for (const [start, end] of [
    [0, content.length],
    [0, 1],
    [1, 70_000],
    [content.length - 5, content.length],
    [7, 7],
  ] as const) {
    expect((await read(start, end)).equals(content.subarray(start, end))).toBe(true);
  }
});

test('B3: a connection that breaks is taken up where it broke', async () => {
  const { master, read } = await remote();
  const ranges: (string | undefined)[] = [];
  let cuts = 3;
  master.intercept = (c) => {
    ranges.push(c.req.header('range'));
    if (cuts === 0) return undefined;
    cuts -= 1;
    const start = Number(/bytes=(\d+)/.exec(c.req.header('range') ?? '')?.[1] ?? 0);
    const { outgoing } = c.env;
    const length = { 'content-length': content.length - start };
    const range = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
    outgoing.writeHead(start === 0 ? 200 : 206, start === 0 ? length : { ...length, ...range });
    outgoing.write(content.subarray(start, start + 100_000), () => outgoing.destroy());
    return RESPONSE_ALREADY_SENT;
  };
  expect((await read()).equals(content)).toBe(true);
  expect(ranges).toHaveLength(4);
  const starts = ranges.slice(1).map((range) => Number(/bytes=(\d+)-/.exec(range ?? '')?.[1]));
  expect(starts.every((start, at) => start > (starts[at - 1] ?? 0))).toBe(true);
});

test('B5: a connection that falls silent is given up and taken up again', async () => {
  const { master, read } = await remote();
  let silences = 1;
  master.intercept = (c) => {
    if (silences === 0) return undefined;
    silences -= 1;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(content.subarray(0, 1000))),
    });
    return c.body(body, 200, { 'content-length': String(content.length) });
  };
  expect((await read()).equals(content)).toBe(true);
});

test('an expired ticket is replaced and the reading goes on', async () => {
  const { master, read } = await remote();
  master.ticket = 'the next ticket';
  expect((await read()).equals(content)).toBe(true);
});

test('B4: changed bytes fail the reading of the whole blob', async () => {
  const { master, read } = await remote();
  master.intercept = (c) => {
    const changed = new Uint8Array(content);
    changed[1_234_567] = (changed[1_234_567] ?? 0) ^ 1;
    return c.body(changed, 200, { 'content-length': String(changed.length) });
  };
  await expect(read()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
});

test('a source of another size is SOURCE_CHANGED before a byte is used', async () => {
  const { read } = await remote({ sizeBytes: content.length + 1 });
  await expect(read(0, content.length + 1)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  await expect(read(5, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
});

test('J8: an answer with another range than was asked for is refused', async () => {
  const { master, read } = await remote();
  master.intercept = (c) =>
    c.body(new Uint8Array(10), 206, {
      'content-range': `bytes 0-9/${content.length}`,
      'content-length': '10',
    });
  await expect(read(5, 15)).rejects.toMatchObject({ code: 'TRANSFER_FAILED' });
});

test('a blob that is gone is BLOB_NOT_FOUND', async () => {
  const { master, read } = await remote();
  master.blobs.clear();
  await expect(read()).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
});

test('a machine that cannot be reached is TRANSFER_FAILED, which is tried again later', async () => {
  const { master, read } = await remote();
  await master.close();
  await expect(read()).rejects.toMatchObject({ code: 'TRANSFER_FAILED', retryable: true });
});

test('an abort ends the reading at once, and its connection', async () => {
  const { master, blob } = await remote();
  const closed = Promise.withResolvers<void>();
  master.intercept = (c) => {
    c.env.incoming.socket.once('close', () => closed.resolve());
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(1000)),
    });
    return c.body(body, 200, { 'content-length': String(content.length) });
  };
  const stop = new AbortController();
  const reading = blob.open({ start: 0, end: content.length }, stop.signal);
  reading.once('data', () => stop.abort('user'));
  await expect(finished(reading)).rejects.toBeDefined();
  await closed.promise;
});
