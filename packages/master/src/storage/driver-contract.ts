import { createHash, randomBytes } from 'node:crypto';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { BlobId } from '@longshore/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StorageDriver, WrittenBlob } from './storage-driver.ts';

/** One store for one test: a place that outlives the drivers opened on it. */
export type ContractStore = {
  /** A driver on the same place, as a new process would open it. */
  open(): Promise<StorageDriver>;
  /** Cuts the stored bytes of a blob, behind the driver's back. */
  truncate(blobId: BlobId, sizeBytes: number): Promise<void>;
  /** Everything the place holds that is no published blob. */
  countUnfinished(): Promise<number>;
  remove(): Promise<void>;
};

const newId = (): BlobId => BlobId.parse(crypto.randomUUID());
const factsOf = (bytes: Uint8Array): WrittenBlob => ({
  sizeBytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  crc32: crc32(bytes),
});

/** What every driver must do, whatever it stores its blobs in. */
export function describeDriverContract(name: string, createStore: () => Promise<ContractStore>): void {
  describe(`storage driver contract: ${name}`, () => {
    let store: ContractStore;
    let driver: StorageDriver;
    beforeEach(async () => {
      store = await createStore();
      driver = await store.open();
    });
    afterEach(() => store.remove());

    const read = async (blobId: BlobId, start: number, end: number): Promise<Buffer> =>
      buffer(await driver.openRead(blobId, { range: { start, end } }));
    const send = async (blobId: BlobId, start: number, end: number): Promise<Buffer> => {
      const received: Buffer[] = [];
      const to = new Writable({
        // The chunk is copied: its buffer is used again once this is done.
        write: (chunk: Buffer, _encoding, done) => {
          received.push(Buffer.from(chunk));
          done();
        },
      });
      await driver.send(blobId, to, { range: { start, end }, onOpen: () => {} });
      return Buffer.concat(received);
    };
    const listed = async (): Promise<BlobId[]> => {
      const ids: BlobId[] = [];
      for await (const blobId of driver.list()) ids.push(blobId);
      return ids;
    };

    it.each([0, 1, 70_000, 5_000_000])('%i bytes come back with their digest', async (size) => {
      const bytes = randomBytes(size);
      const blobId = newId();
      expect(await driver.write(blobId, Readable.from([bytes]), { sizeBytes: size })).toEqual(factsOf(bytes));
      expect((await read(blobId, 0, size)).equals(bytes)).toBe(true);
      expect((await send(blobId, 0, size)).equals(bytes)).toBe(true);
      expect((await driver.stat(blobId))?.sizeBytes).toBe(size);
    });

    it('a blob of unknown size is stored', async () => {
      const blobId = newId();
      const pieces = Array.from({ length: 40 }, () => randomBytes(50_001));
      const written = await driver.write(blobId, Readable.from(pieces), {});
      expect(written).toEqual(factsOf(Buffer.concat(pieces)));
    });

    it.each([
      [0, 1],
      [999_999, 1_000_001],
      [2_999_999, 3_000_000],
      [1_048_576, 2_097_152],
      [17, 17],
    ])('the range %i to %i is exact', async (start, end) => {
      const bytes = randomBytes(3_000_000);
      const blobId = newId();
      await driver.write(blobId, Readable.from([bytes]), {});
      expect((await read(blobId, start, end)).equals(bytes.subarray(start, end))).toBe(true);
      expect((await send(blobId, start, end)).equals(bytes.subarray(start, end))).toBe(true);
    });

    it('other bytes under a taken id are refused and the first ones stay', async () => {
      const blobId = newId();
      await driver.write(blobId, Readable.from([Buffer.from('first')]), {});
      const second = driver.write(blobId, Readable.from([Buffer.from('other')]), {});
      await expect(second).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      expect((await read(blobId, 0, 5)).toString()).toBe('first');
      expect(await store.countUnfinished()).toBe(0);
    });

    it('the same bytes under the same id again are no error', async () => {
      const blobId = newId();
      const write = () => driver.write(blobId, Readable.from([Buffer.from('same')]), {});
      const answers = await Promise.all([write(), write(), write()]);
      expect(new Set(answers.map((answer) => answer.sha256)).size).toBe(1);
      expect(await listed()).toEqual([blobId]);
    });

    it.each([
      ['fewer bytes than announced', { sizeBytes: 11 }, 'LENGTH_MISMATCH'],
      ['more bytes than announced', { sizeBytes: 9 }, 'BODY_TOO_LARGE'],
      ['more bytes than allowed', { maxBytes: 9 }, 'BODY_TOO_LARGE'],
    ])('%s are refused and leave nothing', async (_what, options, code) => {
      const write = driver.write(newId(), Readable.from([Buffer.alloc(10)]), options);
      await expect(write).rejects.toMatchObject({ code });
      expect(await listed()).toEqual([]);
      expect(await store.countUnfinished()).toBe(0);
    });

    it('content that breaks off leaves nothing', async () => {
      const content = new PassThrough();
      const write = driver.write(newId(), content, {});
      content.write(randomBytes(2_000_000));
      content.destroy(new Error('connection reset'));
      await expect(write).rejects.toMatchObject({ code: 'TRANSFER_FAILED' });
      expect(await listed()).toEqual([]);
      expect(await store.countUnfinished()).toBe(0);
    });

    it('a write that is aborted leaves nothing', async () => {
      const content = new PassThrough();
      const stop = new AbortController();
      const write = driver.write(newId(), content, { signal: stop.signal });
      content.write(randomBytes(2_000_000));
      stop.abort('user');
      await expect(write).rejects.toMatchObject({ code: 'CANCELED' });
      expect(await listed()).toEqual([]);
      expect(await store.countUnfinished()).toBe(0);
    });

    it('a reader never sees half a blob', async () => {
      const blobId = newId();
      const content = new PassThrough();
      const write = driver.write(blobId, content, {});
      content.write(randomBytes(3_000_000));
      await setImmediate();
      expect(await driver.stat(blobId)).toBeUndefined();
      expect(await listed()).toEqual([]);
      content.end();
      await write;
      expect((await driver.stat(blobId))?.sizeBytes).toBe(3_000_000);
    });

    it('a missing blob is named as such before the first byte', async () => {
      let opened = false;
      const onOpen = (): void => {
        opened = true;
      };
      const options = { range: { start: 0, end: 1 }, onOpen };
      await expect(driver.openRead(newId(), options)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
      await expect(driver.send(newId(), new PassThrough(), options)).rejects.toMatchObject({
        code: 'BLOB_NOT_FOUND',
      });
      expect(opened).toBe(false);
    });

    it('a blob that is shorter than asked is corrupt, not short', async () => {
      const blobId = newId();
      await driver.write(blobId, Readable.from([randomBytes(100)]), {});
      await store.truncate(blobId, 60);
      await expect(read(blobId, 0, 100)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
      await expect(send(blobId, 0, 100)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    });

    it('a blob that is cut while it is read is corrupt, not short', async () => {
      const blobId = newId();
      await driver.write(blobId, Readable.from([randomBytes(12_000_000)]), {});
      const content = await driver.openRead(blobId, { range: { start: 0, end: 12_000_000 } });
      const iterator = content[Symbol.asyncIterator]();
      await iterator.next();
      await store.truncate(blobId, 1000);
      const rest = async (): Promise<void> => {
        while (!(await iterator.next()).done) await setImmediate();
      };
      await expect(rest()).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    });

    it('a receiver that goes away ends the sending', async () => {
      const blobId = newId();
      await driver.write(blobId, Readable.from([randomBytes(4_000_000)]), {});
      const to = new Writable({ write: () => {} });
      const sending = driver.send(blobId, to, {
        range: { start: 0, end: 4_000_000 },
        onOpen: () => to.destroy(),
      });
      await expect(sending).rejects.toMatchObject({ code: 'TRANSFER_FAILED' });
    });

    it('an interrupted upload continues where it stopped, in another process too', async () => {
      const blobId = newId();
      const bytes = randomBytes(5_000_000);
      const broken = new PassThrough();
      const first = driver.append(blobId, broken, { offset: 0, maxBytes: bytes.length });
      broken.write(bytes.subarray(0, 3_000_000));
      await setImmediate();
      broken.destroy(new Error('reset'));
      const { offset, interruptedBy } = await first;
      expect(interruptedBy).toMatchObject({ code: 'TRANSFER_FAILED' });
      driver = await store.open();
      const rest = Readable.from([bytes.subarray(offset)]);
      const second = await driver.append(blobId, rest, { offset, maxBytes: bytes.length - offset });
      expect(second).toEqual({ offset: bytes.length, interruptedBy: null });
      expect(await driver.finishAppend(blobId)).toEqual(factsOf(bytes));
      expect((await read(blobId, 0, bytes.length)).equals(bytes)).toBe(true);
    });

    it('bytes behind the offset are dropped, never appended to blindly', async () => {
      const blobId = newId();
      await driver.append(blobId, Readable.from([Buffer.from('abcXYZ')]), { offset: 0, maxBytes: 6 });
      await driver.append(blobId, Readable.from([Buffer.from('def')]), { offset: 3, maxBytes: 3 });
      expect(await driver.finishAppend(blobId)).toEqual(factsOf(Buffer.from('abcdef')));
      const ahead = driver.append(newId(), Readable.from([Buffer.from('x')]), { offset: 5, maxBytes: 1 });
      await expect(ahead).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    });

    it('more than the announced rest of an upload is not stored', async () => {
      const blobId = newId();
      const content = Readable.from([Buffer.from('abc'), Buffer.from('def')]);
      const answer = await driver.append(blobId, content, { offset: 0, maxBytes: 4 });
      expect(answer.interruptedBy).toMatchObject({ code: 'BODY_TOO_LARGE' });
      expect(answer.offset).toBeLessThanOrEqual(4);
    });

    it('finishing an upload twice answers the same, in another process too', async () => {
      const blobId = newId();
      await driver.append(blobId, Readable.from([Buffer.from('content')]), { offset: 0, maxBytes: 7 });
      const first = await driver.finishAppend(blobId);
      driver = await store.open();
      expect(await driver.finishAppend(blobId)).toEqual(first);
      expect(await listed()).toEqual([blobId]);
      await expect(driver.finishAppend(newId())).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    });

    it('a dropped upload leaves nothing', async () => {
      const blobId = newId();
      await driver.append(blobId, Readable.from([Buffer.from('content')]), { offset: 0, maxBytes: 7 });
      await driver.dropAppend(blobId);
      await driver.dropAppend(blobId);
      expect(await store.countUnfinished()).toBe(0);
    });

    it('all published blobs are listed, and deleting is idempotent', async () => {
      const ids = Array.from({ length: 20 }, newId);
      for (const blobId of ids) await driver.write(blobId, Readable.from([Buffer.from(blobId)]), {});
      expect((await listed()).sort()).toEqual([...ids].sort());
      for (const blobId of ids) await driver.delete(blobId);
      for (const blobId of ids) await driver.delete(blobId);
      expect(await listed()).toEqual([]);
    });

    it('abandoned writes are removed by age, published blobs never', async () => {
      const kept = newId();
      await driver.write(kept, Readable.from([Buffer.from('kept')]), {});
      await driver.append(newId(), Readable.from([Buffer.from('part')]), { offset: 0, maxBytes: 9 });
      expect(await driver.removeAbandoned(60_000)).toBe(0);
      expect(await driver.removeAbandoned(-60_000)).toBe(1);
      expect(await store.countUnfinished()).toBe(0);
      expect(await listed()).toEqual([kept]);
    });

    it('memory stays flat while a large blob passes', async () => {
      const piece = randomBytes(65_536);
      const pieces = (256 * 1024 * 1024) / piece.length;
      const content = Readable.from(
        (function* () {
          for (let count = 0; count < pieces; count += 1) yield Buffer.from(piece);
        })(),
      );
      const before = process.memoryUsage().rss;
      let peak = before;
      const sample = (): void => {
        peak = Math.max(peak, process.memoryUsage().rss);
      };
      const timer = setInterval(sample, 10);
      const blobId = newId();
      const { sizeBytes } = await driver.write(blobId, content, {});
      const to = new Writable({ write: (_chunk, _encoding, done) => void setImmediate().then(() => done()) });
      await driver.send(blobId, to, { range: { start: 0, end: sizeBytes }, onOpen: () => {} });
      clearInterval(timer);
      sample();
      expect(peak - before).toBeLessThan(160 * 1024 * 1024);
    });
  });
}
