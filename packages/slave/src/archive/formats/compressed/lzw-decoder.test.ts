import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLzwDecoder } from './lzw-decoder.ts';

/** LZW as `compress` writes it; forgets its dictionary a while after it is full. */
function encode(content: Buffer, maxBits: number): Buffer {
  const maxEntries = 1 << maxBits;
  const codes = new Map<number, number>();
  const bytes: number[] = [0x1f, 0x9d, 0x80 | maxBits];
  let [next, known, width, inGroup, held, heldBits] = [257, 256, 9, 0, 0, 0];
  const put = (value: number, bits: number): void => {
    for (let bit = 0; bit < bits; bit += 1) {
      held |= ((value >>> bit) & 1) << heldBits;
      heldBits += 1;
      if (heldBits < 8) continue;
      bytes.push(held);
      [held, heldBits] = [0, 0];
    }
  };
  const fillGroup = (): void => {
    for (; inGroup % 8 !== 0; inGroup += 1) put(0, width);
  };
  const emit = (code: number): void => {
    put(code, width);
    inGroup += 1;
    if (code === 256) {
      fillGroup();
      codes.clear();
      [next, known, width] = [257, 256, 9];
      return;
    }
    known = Math.min(known + 1, maxEntries);
    if (known < 1 << width || width === maxBits) return;
    fillGroup();
    [width, inGroup] = [width + 1, 0];
  };
  let current = -1;
  for (const [at, byte] of content.entries()) {
    const longer = codes.get(current * 256 + byte);
    if (current === -1) current = byte;
    else if (longer !== undefined) current = longer;
    else {
      emit(current);
      if (next < maxEntries) {
        codes.set(current * 256 + byte, next);
        next += 1;
      } else if (at % 5_000 === 0) emit(256);
      current = byte;
    }
  }
  if (current !== -1) emit(current);
  if (heldBits > 0) bytes.push(held);
  return Buffer.from(bytes);
}

const decode = (pieces: readonly Buffer[]): Promise<Buffer> =>
  buffer(Readable.from(pieces).compose(createLzwDecoder()));

function inPieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}

/** Text with more and more different words, so that the codes grow to their full width. */
const words = Buffer.from(Array.from({ length: 60_000 }, (_, at) => `${(at * 7919) % 9973} ${at} `).join(''));

describe('A3 the decoder of .Z', () => {
  it.each([10, 12, 15, 16])('reads codes of up to %i bits, as gzip does', async (maxBits) => {
    const packed = encode(words, maxBits);
    expect(execFileSync('gzip', ['-dc'], { input: packed, maxBuffer: 1e7 }).equals(words)).toBe(true);
    expect((await decode([packed])).equals(words)).toBe(true);
  });

  it('reads anything, however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
        fc.constantFrom(1, 2, 7, 4_096),
        async (content, size) => {
          const repeated = Buffer.concat([content, content, Buffer.alloc(1_000, content[0])]);
          expect((await decode(inPieces(encode(repeated, 12), size))).equals(repeated)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    ['no header', Buffer.from([0x1f, 0x9d]), 'ARCHIVE_TRUNCATED'],
    ['codes of 17 bits', Buffer.from([0x1f, 0x9d, 0x91, 0, 0]), 'ARCHIVE_UNSUPPORTED'],
    ['a first code that is no byte', Buffer.from([0x1f, 0x9d, 0x90, 0xff, 0xff]), 'ARCHIVE_CORRUPT'],
    ['a code that stands for nothing', Buffer.from([0x1f, 0x9d, 0x90, 0x61, 0xfe, 0x07]), 'ARCHIVE_CORRUPT'],
  ])('refuses %s', async (_what, bytes, code) => {
    await expect(decode([bytes])).rejects.toMatchObject({ code });
  });
});
