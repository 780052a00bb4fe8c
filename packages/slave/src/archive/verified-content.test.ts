import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decoderBuffers } from './formats/compressed/decoder-buffers.ts';
import { freeInput } from './free-input.ts';
import { verifiedContent } from './verified-content.ts';

const expectedOf = (content: Buffer) => ({
  name: 'a.bin',
  sizeBytes: content.length,
  crc32: crc32(content),
  onBytes: () => undefined,
});
const isWhole = (chunk: Buffer): boolean => chunk.length === chunk.buffer.byteLength;

test('the pieces of a large buffer leave as one chunk, and every byte in its order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 6 }), { maxLength: 4 }),
      async (buffers) => {
        const pieces = buffers.flatMap((lengths) => {
          const whole = Buffer.allocUnsafeSlow(Math.max(300_000, ...lengths));
          whole.set(randomBytes(whole.length));
          let from = 0;
          const cut = lengths.flatMap((length) => {
            const piece = whole.subarray(from, from + length);
            from += piece.length;
            return piece.length > 0 ? [piece] : [];
          });
          return cut;
        });
        const content = Buffer.concat(pieces);
        const left: Buffer[] = [];
        const verified = verifiedContent(expectedOf(content));
        verified.on('data', (chunk: Buffer) => left.push(chunk));
        await pipeline(Readable.from(pieces, { objectMode: false }), verified);
        expect(Buffer.concat(left).equals(content)).toBe(true);
        expect(new Set(left.map((chunk) => chunk.buffer)).size).toBe(left.length);
      },
    ),
    { numRuns: 20 },
  );
});

test('a piece whose buffer is not filled leaves without the rest', async () => {
  const content = Buffer.allocUnsafeSlow(1_000_000).fill(7);
  const verified = verifiedContent(expectedOf(content));
  const first = Promise.withResolvers<void>();
  let bytes = 0;
  verified.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    first.resolve();
  });
  async function* slowly() {
    yield content.subarray(0, 1_000);
    await first.promise;
    yield content.subarray(1_000);
  }
  await pipeline(Readable.from(slowly()), verified);
  expect(bytes).toBe(content.length);
});

test('what a decoder makes of large content is whole buffers but for the last, which can be freed', async () => {
  const content = Buffer.concat(
    Array.from({ length: 8 }, (_, at) =>
      at % 2 === 0 ? randomBytes(700_001) : Buffer.alloc(700_001, 'text'),
    ),
  );
  const left: Buffer[] = [];
  const verified = verifiedContent(expectedOf(content));
  verified.on('data', (chunk: Buffer) => left.push(chunk));
  await pipeline(Readable.from([deflateRawSync(content)]), createInflateRaw(decoderBuffers), verified);
  expect(Buffer.concat(left).equals(content)).toBe(true);
  expect(left.slice(0, -1).every(isWhole)).toBe(true);
});

test('a decoder that frees its input decodes the same, and leaves none of it behind', async () => {
  const content = randomBytes(5_000_000);
  const packed = deflateRawSync(content);
  const chunks = Array.from({ length: Math.ceil(packed.length / 500_000) }, (_, at) => {
    const bytes = packed.subarray(at * 500_000, (at + 1) * 500_000);
    const own = Buffer.allocUnsafeSlow(bytes.length);
    own.set(bytes);
    return own;
  });
  const decoder = freeInput(createInflateRaw(decoderBuffers));
  const decoded = buffer(Readable.from(chunks).pipe(decoder));
  expect((await decoded).equals(content)).toBe(true);
  expect(chunks.map(({ length }) => length)).toEqual(chunks.map(() => 0));
});

test('a decoder that frees its input fails with what the decoder fails with, and ends what it reads', async () => {
  const source = Readable.from([deflateRawSync(randomBytes(100_000)).subarray(0, 50_000)]);
  const cut = pipeline(source, freeInput(createInflateRaw(decoderBuffers)), new PassThrough().resume());
  await expect(cut).rejects.toMatchObject({ code: 'Z_BUF_ERROR' });
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(1_000_000, 0xff);
    })(),
  );
  const damaged = pipeline(endless, freeInput(createInflateRaw(decoderBuffers)), new PassThrough().resume());
  await expect(damaged).rejects.toMatchObject({ code: 'Z_DATA_ERROR' });
  expect(endless.destroyed).toBe(true);
});
