import { execFileSync } from 'node:child_process';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRar5 } from '../../test-support/make-rar5.ts';
import { extracted } from '../../test-support/run-archive.ts';
import { remoteSource } from '../../test-support/sources.ts';
import { createArchiveThreads } from '../../threads/archive-threads.ts';

const threads = createArchiveThreads({ size: 1 });
afterAll(() => threads.close());

const text = Buffer.from('content that is long enough to shrink, to shrink, to shrink');

/** A zip of one entry, without its end record, whose local header has so many bytes of padding as an extra field. */
function zipBody({
  method = 8,
  paddingBytes = 0,
  flags = 0,
  name = 'a.txt',
  localName = name,
  content = text,
}: {
  method?: number;
  paddingBytes?: number;
  flags?: number;
  name?: string;
  localName?: string;
  content?: Buffer;
} = {}): { bytes: Buffer; start: number } {
  const packed = method === 8 ? deflateRawSync(content) : content;
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(flags, 2);
  common.writeUInt16LE(method, 4);
  common.writeUInt32LE(0x5a210000, 6);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.from(common);
  local.writeUInt16LE(paddingBytes, 24);
  const padding = Buffer.alloc(paddingBytes);
  if (paddingBytes >= 4) padding.writeUInt32LE(0xd935 + (paddingBytes - 4) * 0x10000, 0);
  const entry = Buffer.concat([
    Buffer.from('PK\x03\x04'),
    local,
    Buffer.from(localName, 'latin1'),
    padding,
    packed,
  ]);
  const record = Buffer.concat([
    Buffer.from('PK\x01\x02'),
    Buffer.from([20, 3]),
    common,
    Buffer.alloc(14),
    Buffer.from(name, 'latin1'),
  ]);
  return { bytes: Buffer.concat([entry, record]), start: entry.length };
}

function endRecord({ entries, bytes, start }: { entries: number; bytes: number; start: number }): Buffer {
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(start, 16);
  return end;
}

/** The zip64 end record for one entry, and the locator that points to it. */
function endRecord64({ bytes, start }: { bytes: number; start: number }): Buffer {
  const end = Buffer.alloc(56 + 20);
  end.write('PK\x06\x06', 'latin1');
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(45, 12);
  end.writeUInt16LE(45, 14);
  end.writeBigUInt64LE(1n, 24);
  end.writeBigUInt64LE(1n, 32);
  end.writeBigUInt64LE(BigInt(bytes), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  end.write('PK\x06\x07', 56, 'latin1');
  end.writeBigUInt64LE(BigInt(start + bytes), 64);
  end.writeUInt32LE(1, 72);
  return end;
}

const filesOf = async (zip: Buffer) => (await extracted(threads, { source: remoteSource(zip) })).files;

describe('the end of a zip64', () => {
  const { bytes, start } = zipBody();
  const directory = { start, bytes: bytes.length - start };

  it.each([
    ['points to it', { entries: 0xffff, bytes: 0xffffffff, start: 0xffffffff }],
    ['says the same', { entries: 1, ...directory }],
    ['was left blank', { entries: 0, bytes: 0, start: 0 }],
    ['names another place', { entries: 1, bytes: directory.bytes, start: start + 1000 }],
    ['names a place before it', { entries: 1, bytes: directory.bytes, start: 1 }],
  ])('counts where the older record %s', async (_what, older) => {
    const files = await filesOf(Buffer.concat([bytes, endRecord64(directory), endRecord(older)]));
    expect(files.get('a.txt')?.equals(text)).toBe(true);
  });

  it('where it is missing, a blank end record behind entries is damage and no empty zip', async () => {
    const blank = endRecord({ entries: 0, bytes: 0, start: 0 });
    await expect(filesOf(Buffer.concat([bytes, blank]))).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    expect((await filesOf(blank)).size).toBe(0);
  });
});

describe('a zip behind something else', () => {
  const program = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(5000, 1)]);
  const words = Buffer.from('words in front');
  const { bytes, start } = zipBody();
  const zip = Buffer.concat([bytes, endRecord({ entries: 1, start, bytes: bytes.length - start })]);

  it.each([
    ['a program', program, 0],
    ['a program that is signed at its end', program, 9000],
    ['words, and with a word behind it', words, 4],
  ])('is read behind %s', async (_what, before, after) => {
    const files = await filesOf(Buffer.concat([before, zip, Buffer.alloc(after, 2)]));
    expect(files.get('a.txt')?.equals(text)).toBe(true);
  });

  it('is that zip also where it holds a rar as it is', async () => {
    const rar = makeRar5([{ name: 'inner', content: 'inner' }]);
    const { bytes: body, start: at } = zipBody({ method: 0, content: rar });
    const end = endRecord({ entries: 1, start: at, bytes: body.length - at });
    expect((await filesOf(Buffer.concat([program, body, end]))).get('a.txt')?.equals(rar)).toBe(true);
  });

  it('is not what a program is that has the signature of an end in it', async () => {
    const other = Buffer.concat([program, endRecord({ entries: 0, start: 0, bytes: 0 }), program]);
    await expect(filesOf(other)).rejects.toMatchObject({ code: 'ARCHIVE_UNSUPPORTED' });
  });
});

describe('what is counted', () => {
  it.each([
    ['../outside.txt', 'refused'],
    ['folder/', 'a folder'],
    ['a.txt', 'stored'],
  ])('of a zip of which %s is all there is comes to one of one entry, though it is %s', async (name) => {
    const { bytes, start } = zipBody({ name, content: name.endsWith('/') ? Buffer.alloc(0) : text });
    const zip = Buffer.concat([bytes, endRecord({ entries: 1, start, bytes: bytes.length - start })]);
    const seen: (readonly [number, number | null])[] = [];
    await extracted(threads, {
      source: remoteSource(zip),
      onProgress: ({ entriesDone, entriesTotal }) => seen.push([entriesDone, entriesTotal]),
    });
    expect(seen.at(-1)).toEqual([1, 1]);
  });
});

describe('an entry', () => {
  it.each([
    [0, 4096],
    [0, 16_384],
    [8, 16_384],
    [8, 65_535],
  ])('of method %i behind %i bytes of padding in its local header is read', async (method, paddingBytes) => {
    const { bytes, start } = zipBody({ method, paddingBytes });
    const end = endRecord({ entries: 1, start, bytes: bytes.length - start });
    const files = await filesOf(Buffer.concat([bytes, end]));
    expect(files.get('a.txt')?.equals(text)).toBe(true);
  });

  it('whose local header separates with backslashes is no contradiction', async () => {
    const { bytes, start } = zipBody({ name: 'd/a.txt', localName: 'd\\a.txt' });
    const end = endRecord({ entries: 1, start, bytes: bytes.length - start });
    expect([...(await filesOf(Buffer.concat([bytes, end]))).keys()]).toEqual(['d/a.txt']);
  });

  it('whose name is marked as UTF-8 and is not has the name that was meant', async () => {
    const { bytes, start } = zipBody({ flags: 0x800, name: '\x84\x94\x81.txt' });
    const end = endRecord({ entries: 1, start, bytes: bytes.length - start });
    expect([...(await filesOf(Buffer.concat([bytes, end]))).keys()]).toEqual(['äöü.txt']);
  });

  it('that Info-ZIP read from a pipe is a file', async () => {
    const zip = execFileSync('sh', ['-c', 'cat | zip -q - - | cat'], { input: text });
    expect((await filesOf(zip)).get('-')?.equals(text)).toBe(true);
  });
});
