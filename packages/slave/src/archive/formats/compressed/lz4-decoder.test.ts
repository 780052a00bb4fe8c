import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createLz4Decoder } from './lz4-decoder.ts';
import { createXxh32, xxh32 } from './xxh32.ts';

/** "hello hello hello hello\n" as the lz4 program writes it, with content checksum. */
function frame(block: readonly number[], content: string): Buffer {
  const descriptor = Buffer.from([0x64, 0x40]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(xxh32(Buffer.from(content)));
  return Buffer.concat([
    Buffer.from([0x04, 0x22, 0x4d, 0x18]),
    descriptor,
    Buffer.from([(xxh32(descriptor) >>> 8) & 0xff]),
    size,
    Buffer.from(block),
    Buffer.alloc(4),
    checksum,
  ]);
}

const content = 'hello hello hello hello\n';
/** Six literals, a match of 12 bytes six back, then six literals to end with. */
const block = [0x68, ...Buffer.from('hello '), 6, 0, 0x60, ...Buffer.from('hello\n')];
const decode = (bytes: Buffer) => buffer(Readable.from([bytes]).pipe(createLz4Decoder(() => undefined)));

describe('the LZ4 decoder', () => {
  it('copies matches that overlap themselves', async () => {
    expect((await decode(frame(block, content))).toString()).toBe(content);
  });

  it('reads frames one after the other and passes by frames that are to be skipped', async () => {
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
    const all = Buffer.concat([frame(block, content), skipped, frame(block, content)]);
    expect((await decode(all)).toString()).toBe(content + content);
  });

  it.each([
    ['a wrong checksum', frame(block, 'something else')],
    ['a match before the beginning', frame([0x68, ...Buffer.from('hello '), 7, 0, 0x00], content)],
    ['an end in the middle', frame(block, content).subarray(0, 20)],
  ])('refuses %s', async (_what, bytes) => {
    await expect(decode(bytes)).rejects.toMatchObject({ code: /^ARCHIVE_/ });
  });
});

describe('xxh32', () => {
  it.each([
    ['', 0x02cc5d05],
    ['abc', 0x32d153ff],
  ])('of %j is the published one', (text, expected) => {
    expect(xxh32(Buffer.from(text))).toBe(expected);
  });

  it('does not depend on how the bytes are cut', () => {
    const bytes = Buffer.from('0123456789'.repeat(20));
    const hash = createXxh32();
    for (let at = 0; at < bytes.length; at += 7) hash.update(bytes.subarray(at, at + 7));
    expect(hash.digest()).toBe(xxh32(bytes));
  });
});
