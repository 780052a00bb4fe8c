import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { AppError, type Attempt } from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import { createPeerClient, systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { createMasterLink } from '../report/master-link.ts';
import { createLocalStore } from '../storage/local-store.ts';
import { fakeSecret, startFakeMaster } from '../testing/fake-master.ts';
import { oneKey } from '../testing/one-key.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { testMeter } from '../testing/test-meter.ts';
import { createBandwidth } from './bandwidth.ts';
import { createBlobHttp } from './blob-http.ts';
import { createBlobIds } from './blob-ids.ts';
import { createBlobSink } from './blob-sink.ts';

const never = new AbortController().signal;
const content = randomBytes(2_500_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const chunked = (): Readable =>
  Readable.from(Array.from({ length: 50 }, (_, at) => content.subarray(at * 50_000, (at + 1) * 50_000)));

async function sinkTo(storeId: 'here' | 'remote', change: (attempt: Attempt) => Attempt = (same) => same) {
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
  const root = tempFolder();
  const store = createLocalStore(root);
  const attempt = change(
    master.attempt({ kind: 'create-archive', format: 'zip', level: 'fast', password: null }, { storeId }),
  );
  const sink = createBlobSink({
    meter: testMeter,
    attempt,
    link: createMasterLink({
      key: signingKey(fakeSecret),
      hello: { masterUrls: [master.url], heartbeatMs: 1000 } as Parameters<
        typeof createMasterLink
      >[0]['hello'],
      peers,
      timeoutMs: 2000,
      ...oneKey,
    }),
    stores: new Map([['here', store]]),
    http,
    clock: systemClock,
    nextId: createBlobIds(),
  });
  const files = (): string[] =>
    readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(root, name)).isFile(),
    );
  return { master, sink, store, files };
}

test.each(['here', 'remote'] as const)('a stream and a buffer are stored whole (%s)', async (where) => {
  const { master, sink, store } = await sinkTo(where);
  for (const bytes of [chunked(), content]) {
    const stored = await sink.store(bytes, never);
    expect(stored).toMatchObject({ sizeBytes: content.length, sha256 });
    const kept =
      where === 'here' ? readFileSync(store.pathOf(stored.blobId)) : master.blobs.get(stored.blobId);
    expect(kept?.equals(content)).toBe(true);
  }
  const empty = await sink.store(new Uint8Array(0), never);
  expect(empty.sizeBytes).toBe(0);
});

test.each(['here', 'remote'] as const)(
  'chunks that are given away are stored and freed (%s)',
  async (where) => {
    const { sink } = await sinkTo(where);
    const chunks = Array.from({ length: 5 }, (_, at) =>
      Buffer.from(content.subarray(at * 500_000, (at + 1) * 500_000)),
    );
    await expect(sink.store(Readable.from(chunks), never, { freeChunks: true })).resolves.toMatchObject({
      sizeBytes: content.length,
      sha256,
    });
    expect(chunks.map((chunk) => chunk.length)).toEqual([0, 0, 0, 0, 0]);
  },
);

test.each(['here', 'remote'] as const)('content that fails leaves nothing behind (%s)', async (where) => {
  const { master, sink, files } = await sinkTo(where);
  const corrupt = new AppError('ENTRY_CORRUPT', 'bad CRC');
  const broken = Readable.from(
    (async function* () {
      yield content.subarray(0, 1_500_000);
      throw corrupt;
    })(),
  );
  await expect(sink.store(broken, never)).rejects.toBe(corrupt);
  expect(files()).toEqual([]);
  expect(master.blobs.size).toBe(0);
});

test.each(['here', 'remote'] as const)('an abort leaves nothing behind (%s)', async (where) => {
  const { master, sink, files } = await sinkTo(where);
  const stop = new AbortController();
  const endless = Readable.from(
    (async function* () {
      for (let n = 0; ; n += 1) {
        yield content.subarray(0, 100_000);
        if (n === 20) stop.abort('user');
        await new Promise((resolve) => setImmediate(resolve));
      }
    })(),
  );
  await expect(sink.store(endless, stop.signal)).rejects.toBeDefined();
  expect(endless.destroyed).toBe(true);
  expect(files()).toEqual([]);
  expect(master.blobs.size).toBe(0);
});

test('a store hears nothing of content before there is a byte of it, or its end', async () => {
  const { master, sink } = await sinkTo('remote');
  const late = new PassThrough();
  const storing = sink.store(late, never);
  // Another blob goes there and back meanwhile.
  await sink.store(content.subarray(0, 10), never);
  expect(master.connections()).toBe(1);
  late.end(content);
  await expect(storing).resolves.toMatchObject({ sizeBytes: content.length, sha256 });
  await expect(sink.store(Readable.from([]), never)).resolves.toMatchObject({ sizeBytes: 0 });

  const broken = new PassThrough();
  const failing = sink.store(broken, never);
  broken.destroy(new AppError('ENTRY_CORRUPT', 'bad CRC'));
  await expect(failing).rejects.toMatchObject({ code: 'ENTRY_CORRUPT' });
  const stop = new AbortController();
  const stopped = sink.store(new PassThrough(), stop.signal);
  stop.abort(new Error('canceled'));
  await expect(stopped).rejects.toThrow('canceled');
  const gone = new PassThrough();
  const closed = sink.store(gone, never);
  gone.destroy();
  await expect(closed).rejects.toBeDefined();
  await expect(sink.store(gone, never)).rejects.toBeDefined();
  expect(master.blobs.size).toBe(3);
});

test('a store that has other bytes than were sent is a CHECKSUM_MISMATCH', async () => {
  const { master, sink } = await sinkTo('remote');
  master.intercept = (c) =>
    c.json({ blobId: c.req.path.split('/').at(-1), sizeBytes: content.length, sha256: '0'.repeat(64) }, 201);
  await expect(sink.store(content, never)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
});

test('a full store answers before it has read everything, and that is what is told', async () => {
  const { master, sink } = await sinkTo('remote');
  master.intercept = () => {
    throw new AppError('NO_SPACE', 'the store is full');
  };
  await expect(sink.store(chunked(), never)).rejects.toMatchObject({ code: 'NO_SPACE', retryable: true });
});

test('an expired ticket is renewed before a stream begins, and after a refusal for bytes in memory', async () => {
  const soon = await sinkTo('remote', (attempt) => ({
    ...attempt,
    output: { ...attempt.output, expiresAtMs: Date.now() + 1000 },
  }));
  soon.master.ticket = 'the next ticket';
  await expect(soon.sink.store(chunked(), never)).resolves.toMatchObject({ sha256 });
  const early = await sinkTo('remote');
  early.master.ticket = 'the next ticket';
  await expect(early.sink.store(content, never)).resolves.toMatchObject({ sha256 });
});

test('blobs stored one after the other share a folder', async () => {
  const { sink, files } = await sinkTo('here');
  for (let n = 0; n < 20; n += 1) await sink.store(content.subarray(0, 10), never);
  expect(new Set(files().map((name) => name.split('/').slice(0, -1).join('/'))).size).toBe(1);
});
