import { execFileSync } from 'node:child_process';
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { extracted } from '../../test-support/run-archive.ts';
import { remoteSource } from '../../test-support/sources.ts';
import { tarBlocks, tarOf } from '../../test-support/tar-blocks.ts';
import { createArchiveThreads } from '../../threads/archive-threads.ts';
import { xxh32 } from './xxh32.ts';

const threads = createArchiveThreads({ size: 1 });
afterAll(() => threads.close());

const text = (of: string) => `${of} `.repeat(30);
const bzip2 = (content: string) => execFileSync('bzip2', ['-c'], { input: content });

/** A frame with one stored block, without checksums of content. */
function lz4(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const descriptor = Buffer.from([0x60, 0x70]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length + 0x80000000);
  const check = Buffer.from([(xxh32(descriptor) >>> 8) & 0xff]);
  return Buffer.concat([Buffer.from([4, 0x22, 0x4d, 0x18]), descriptor, check, size, bytes, Buffer.alloc(4)]);
}

function skipped(bytes: number): Buffer {
  const frame = Buffer.alloc(8 + bytes, 'x');
  frame.writeUInt32LE(0x184d2a53, 0);
  frame.writeUInt32LE(bytes, 4);
  return frame;
}

/** The content, or the code it failed with; and what was noted. */
async function outcomeOf(archive: Buffer, name = 'x') {
  const notes: string[] = [];
  const source = remoteSource(archive);
  try {
    const { files, result } = await extracted(threads, { source, name, onNote: (what) => notes.push(what) });
    return { format: result.format, content: [...files.values()].join(), notes: notes.length };
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
}

const compressors = { gz: (content: string) => gzipSync(content), bz2: bzip2, lz4 };

describe.each(Object.entries(compressors))('a %s', (format, compress) => {
  const both = Buffer.concat([compress(text('one')), compress(text('two'))]);

  it('of two members is one file', async () => {
    expect(await outcomeOf(both)).toEqual({ format, content: text('one') + text('two'), notes: 0 });
  });

  it.each([
    ['rubbish', Buffer.from('rubbish that is long enough to be a header')],
    ['zeros', Buffer.alloc(512)],
    ['one byte', Buffer.from('x')],
  ])('with %s behind its end is whole', async (_what, trail) => {
    const archive = Buffer.concat([both, trail]);
    expect(await outcomeOf(archive)).toMatchObject({ format, content: text('one') + text('two') });
  });

  it('notes that something stands behind its end', async () => {
    expect(await outcomeOf(Buffer.concat([both, Buffer.from('rubbish')]))).toMatchObject({ notes: 1 });
  });

  it('with a bit turned in the signature of its second member is damaged and not half as long', async () => {
    const at = compress(text('one')).length;
    for (const byte of [0, 1, 2]) {
      for (let bit = 1; bit < 256; bit *= 2) {
        if (format === 'bz2' && bit !== 16) continue;
        const bad = Buffer.from(both);
        bad[at + byte] = (bad[at + byte] ?? 0) ^ bit;
        expect(await outcomeOf(bad), `bit ${bit} of byte ${byte}`).toBe('ARCHIVE_CORRUPT');
      }
    }
  });

  it('cut off in its second member is cut off', async () => {
    const at = compress(text('one')).length;
    for (const more of [2, 12])
      expect(await outcomeOf(both.subarray(0, at + more))).toBe('ARCHIVE_TRUNCATED');
  });
});

describe('a gz', () => {
  it('may have an extra field, a name, a comment and a checksum in its header', async () => {
    const plain = gzipSync('content');
    const header = Buffer.concat([
      Buffer.from([0x1f, 0x8b, 8, 2 + 4 + 8 + 16, 0, 0, 0, 0, 0, 3, 3, 0]),
      Buffer.from(`abc${'name'.repeat(200)}\0comment\0`),
    ]);
    const checksum = Buffer.alloc(2);
    checksum.writeUInt16LE(crc32(header) & 0xffff);
    const good = Buffer.concat([header, checksum, plain.subarray(10)]);
    const trail = Buffer.from('rubbish');
    expect(await outcomeOf(good)).toMatchObject({ content: 'content' });
    expect(await outcomeOf(Buffer.concat([good, trail]))).toMatchObject({ content: 'content' });
    good[20] = 0x78;
    expect(await outcomeOf(good)).toBe('ARCHIVE_CORRUPT');
    expect(await outcomeOf(Buffer.concat([plain, good, trail]))).toBe('ARCHIVE_CORRUPT');
  });

  it('of a thousand members comes out whole, also with rubbish behind them', async () => {
    const texts = Array.from({ length: 1000 }, (_, at) => `member ${at}\n`);
    const archive = Buffer.concat(texts.map((member) => gzipSync(member)));
    const whole = { format: 'gz', content: texts.join('') };
    expect(await outcomeOf(archive)).toMatchObject(whole);
    expect(await outcomeOf(Buffer.concat([archive, Buffer.from('rubbish')]))).toMatchObject(whole);
  });

  it('with a wrong checksum or size at its end is damaged', async () => {
    for (const fromEnd of [1, 5]) {
      const bad = gzipSync('content');
      bad[bad.length - fromEnd] = (bad.at(-fromEnd) ?? 0) ^ 1;
      expect(await outcomeOf(bad)).toBe('ARCHIVE_CORRUPT');
    }
  });
});

describe('a zst', () => {
  const [one, two] = [zstdCompressSync(text('one')), zstdCompressSync(text('two'))];

  it('of frames with others to be skipped between them is one file', async () => {
    const archive = Buffer.concat([skipped(4), one, skipped(70_000), two, skipped(0)]);
    expect(await outcomeOf(archive)).toEqual({ format: 'zst', content: text('one') + text('two'), notes: 0 });
  });

  it.each([
    ['rubbish behind its end', Buffer.concat([one, Buffer.from('rubbish')]), 'ARCHIVE_CORRUPT'],
    ['zeros behind its end', Buffer.concat([one, Buffer.alloc(16)]), 'ARCHIVE_CORRUPT'],
    [
      'the beginning of a frame behind its end',
      Buffer.concat([one, two.subarray(0, 3)]),
      'ARCHIVE_TRUNCATED',
    ],
    ['a cut in its second frame', Buffer.concat([one, two.subarray(0, 12)]), 'ARCHIVE_TRUNCATED'],
    ['only frames to be skipped', Buffer.concat([skipped(4), skipped(70_000)]), 'ARCHIVE_UNSUPPORTED'],
  ])('with %s fails, as the zstd program fails', async (_what, archive, code) => {
    expect(await outcomeOf(archive)).toBe(code);
  });

  it('with a bit turned in the signature of its second frame is damaged and not half as long', async () => {
    for (const byte of [0, 1, 2, 3]) {
      const bad = Buffer.concat([one, two]);
      bad[one.length + byte] = (bad[one.length + byte] ?? 0) ^ 0x10;
      expect(await outcomeOf(bad)).toBe('ARCHIVE_CORRUPT');
    }
  });
});

describe('an lz4', () => {
  it.each([10, 100_000])('behind a frame of %i bytes to be skipped is no zst', async (bytes) => {
    const archive = Buffer.concat([skipped(bytes), lz4('content')]);
    expect(await outcomeOf(archive)).toEqual({ format: 'lz4', content: 'content', notes: 0 });
  });

  it('in the old format, alone and before a frame of today, is read', async () => {
    const block = Buffer.from([0x40, ...Buffer.from('old!')]);
    const old = Buffer.concat([Buffer.from([2, 0x21, 0x4c, 0x18, block.length, 0, 0, 0]), block]);
    expect(await outcomeOf(old)).toEqual({ format: 'lz4', content: 'old!', notes: 0 });
    expect(await outcomeOf(Buffer.concat([old, lz4('new')]))).toMatchObject({ content: 'old!new' });
    expect(await outcomeOf(old.subarray(0, -1))).toBe('ARCHIVE_TRUNCATED');
    old[7] = 0x80;
    expect(await outcomeOf(old)).toBe('ARCHIVE_CORRUPT');
  });

  it('of a tar is seen to hold one, also when its first block takes more than two megabytes', async () => {
    const content = Buffer.alloc(3 * 1024 * 1024, 'does not shrink');
    const archive = lz4(tarOf(tarBlocks({ name: 'inside', content })));
    expect(await outcomeOf(archive, 'x.tar.lz4')).toMatchObject({ format: 'tar.lz4' });
  });
});

describe('an lzma', () => {
  it('is one file, or a tar', async () => {
    const lzma = (input: Buffer) => execFileSync('xz', ['--format=lzma', '-c'], { input });
    expect(await outcomeOf(lzma(Buffer.from('content')))).toEqual({
      format: 'lzma',
      content: 'content',
      notes: 0,
    });
    const tar = lzma(tarOf(tarBlocks({ name: 'inside', content: 'content' })));
    expect(await outcomeOf(tar, 'x.tar.lzma')).toEqual({ format: 'tar.lzma', content: 'content', notes: 0 });
    expect(await outcomeOf(tar.subarray(0, -20), 'x.tar.lzma')).toBe('ARCHIVE_TRUNCATED');
  });
});
