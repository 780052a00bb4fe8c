import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { AppError } from '@longshore/protocol';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { tarMember, writeTarHeader } from './formats/tar/write-tar-header.ts';
import type { FormatId } from './formats.ts';
import { memorySink } from './test-support/memory-sink.ts';
import {
  archiveOf,
  extracted,
  fileMember,
  folderMember,
  generousBudget,
  listed,
} from './test-support/run-archive.ts';
import { localSource, remoteSource } from './test-support/sources.ts';
import { createArchiveThreads } from './threads/archive-threads.ts';

const threads = createArchiveThreads({ size: 2 });
const folder = mkdtempSync(join(tmpdir(), 'longshore-hostile-'));
afterAll(async () => {
  await threads.close();
  rmSync(folder, { recursive: true });
});

/** An archive whose member paths were changed to others of the same length behind the writer's back. */
async function renamed(format: FormatId, from: string, to: string): Promise<Buffer> {
  const archive = await archiveOf(threads, [fileMember(from, 'evil'), fileMember('good.txt', 'good')], {
    format,
  });
  const bytes = Buffer.from(archive.toString('latin1').replaceAll(from, to), 'latin1');
  return format === 'tar' ? withTarChecksum(bytes) : bytes;
}

function withTarChecksum(tar: Buffer): Buffer {
  tar.fill(0x20, 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return tar;
}

describe.each<FormatId>(['zip', 'tar'])('names in a %s', (format) => {
  it.each([
    ['aa/bbbb', '../evil'],
    ['aabbbbb', '/tmp/ev'],
    ['aabbbbb', 'C:/evil'],
    ['aabbbbb', '..\\evil'],
    ['aabbbbb', 'a\nb\rc\td'],
    ['aabbbbb', 'a/../..'],
  ])('%j changed to %j is skipped and reported, or fails the whole on demand', async (from, to) => {
    const source = remoteSource(await renamed(format, from, to));
    const { files, rejected } = await extracted(threads, { source });
    expect([...files.keys()]).toEqual(['good.txt']);
    expect(rejected).toMatchObject([{ index: 0, code: 'ENTRY_UNSAFE' }]);
    const failing = extracted(threads, { source, onUnsafe: 'fail' });
    await expect(failing).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE', details: { index: 0 } });
    expect((await listed(threads, { source }))[0]?.unsafe).not.toBeNull();
  });
});

describe('conflicts', () => {
  const tarOf = (members: readonly [path: string, content: string | null][]) => {
    const blocks = members.flatMap(([path, content]) => {
      const member = content === null ? folderMember(path) : fileMember(path, content);
      return [
        writeTarHeader(tarMember(member)),
        Buffer.from((content ?? '').padEnd(content === null ? 0 : 512, '\0')),
      ];
    });
    return remoteSource(Buffer.concat([...blocks, Buffer.alloc(1024)]));
  };

  it.each<[string, [string, string | null][], string[]]>([
    [
      'the same name',
      [
        ['a', 'first'],
        ['a', 'second'],
      ],
      ['a'],
    ],
    [
      'names that differ in case',
      [
        ['Readme', 'first'],
        ['README', 'second'],
      ],
      ['Readme'],
    ],
    [
      'names that differ in composition',
      [
        ['\u00e9', 'first'],
        ['e\u0301', 'second'],
      ],
      ['\u00e9'],
    ],
    [
      'a file where a folder is',
      [
        ['a', null],
        ['a', 'second'],
      ],
      [],
    ],
    [
      'a file where a folder is implied',
      [
        ['a/b', 'first'],
        ['a', 'second'],
      ],
      ['a/b'],
    ],
    [
      'a folder where a file is',
      [
        ['a', 'first'],
        ['a/b', 'second'],
      ],
      ['a'],
    ],
  ])('%s: the first is kept and the second reported', async (_what, members, kept) => {
    const { files, rejected } = await extracted(threads, { source: tarOf(members) });
    expect([...files.keys()]).toEqual(kept);
    expect(rejected).toMatchObject([{ index: 1, code: 'ENTRY_CONFLICT' }]);
    for (const content of files.values()) expect(content.toString()).toMatch(/^first/);
  });

  it('a folder may come twice', async () => {
    const { rejected } = await extracted(threads, {
      source: tarOf([
        ['a', null],
        ['a/b', 'x'],
        ['a', null],
      ]),
    });
    expect(rejected).toEqual([]);
  });
});

describe('links and special files', () => {
  it('are reported and never made; a hard link within the archive becomes a copy', async () => {
    const tree = join(folder, 'links');
    execFileSync('sh', [
      '-c',
      `mkdir ${tree} && cd ${tree} && echo x > file && ln file hard && ln -s /etc/passwd soft && mkfifo pipe`,
    ]);
    const tar = execFileSync('tar', ['-C', tree, '-cf', '-', 'file', 'hard', 'soft', 'pipe']);
    const { files, rejected } = await extracted(threads, { source: remoteSource(tar) });
    expect([...files]).toEqual([
      ['file', Buffer.from('x\n')],
      ['hard', Buffer.from('x\n')],
    ]);
    expect(rejected.map(({ name, code }) => [name, code])).toEqual([
      ['soft', 'ENTRY_UNSUPPORTED'],
      ['pipe', 'ENTRY_UNSUPPORTED'],
    ]);
  });
});

describe('budgets', () => {
  const members = [
    fileMember('a', Buffer.alloc(3_000_000)),
    fileMember('b', 'small'),
    fileMember('c', 'small'),
  ];

  it.each([
    ['maxBytes', 2_000_000],
    ['maxEntryBytes', 1_000_000],
    ['maxEntries', 2],
  ] as const)('%s of %i stops a zip, a tar and a tar.gz', async (limit, value) => {
    for (const format of ['zip', 'tar', 'tar.gz'] as const) {
      const source = remoteSource(await archiveOf(threads, members, { format }));
      const failing = extracted(threads, { source, budget: { ...generousBudget, [limit]: value } });
      await expect(failing).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED', details: { limit, value } });
    }
  });

  it('a bomb is stopped by its ratio, also when nothing of it is wanted', async () => {
    const source = remoteSource(
      gzipSync(
        Buffer.concat([
          writeTarHeader(tarMember(fileMember('x', Buffer.alloc(60_000_000)))),
          Buffer.alloc(60_000_000),
        ]),
      ),
    );
    const budget = { ...generousBudget, maxRatio: 100 };
    await expect(extracted(threads, { source, budget })).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' });
    const skipping = extracted(threads, { source, budget, select: ['nothing'] });
    await expect(skipping).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' });
  });
});

describe('damage', () => {
  it('in one entry of a zip costs that entry alone', async () => {
    const members = Array.from({ length: 50 }, (_, at) =>
      fileMember(`${at}.txt`, `content ${at} `.repeat(50)),
    );
    const archive = await archiveOf(threads, members, { format: 'zip' });
    const at = archive.indexOf('25.txt') + 20;
    archive[at] = (archive[at] ?? 0) ^ 0xff;
    const { files, rejected, result } = await extracted(threads, { source: remoteSource(archive) });
    expect(rejected).toMatchObject([{ name: '25.txt', code: 'ENTRY_CORRUPT' }]);
    expect(files.size).toBe(49);
    expect(result).toMatchObject({ filesStored: 49, entriesRejected: 1 });
  });

  it('at the end of a tar.gz fails the whole', async () => {
    const archive = await archiveOf(threads, [fileMember('a', 'x')], { format: 'tar.gz' });
    const wrongCrc = Buffer.from(archive);
    wrongCrc[wrongCrc.length - 6] = (wrongCrc.at(-6) ?? 0) ^ 1;
    await expect(extracted(threads, { source: remoteSource(wrongCrc) })).rejects.toMatchObject({
      code: 'ARCHIVE_CORRUPT',
    });
  });

  it.each<FormatId>(['zip', 'tar', 'tar.gz', 'tar.zst'])(
    'anywhere in a %s never crashes and never gives out a byte that zip or gzip could have checked',
    async (format) => {
      const contents = new Map([
        ['a.txt', 'alpha '.repeat(300)],
        ['b/c.txt', 'beta'],
        ['d', ''],
      ]);
      const members = [...contents].map(([path, content]) => fileMember(path, content));
      const good = await archiveOf(threads, members, { format });
      const damage = fc.record({
        cut: fc.option(fc.nat(good.length - 1), { freq: 3 }),
        flips: fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })), {
          maxLength: 4,
        }),
      });
      await fc.assert(
        fc.asyncProperty(damage, async ({ cut, flips }) => {
          const bytes = Buffer.from(good.subarray(0, cut ?? good.length));
          for (const [at, mask] of flips) if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ mask;
          const sink = memorySink();
          try {
            await extracted(threads, { source: remoteSource(bytes), sink });
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
            expect(error.code).not.toBe('INTERNAL');
          }
          if (format !== 'zip') return;
          for (const content of sink.files.values())
            expect([...contents.values()]).toContain(content.toString());
        }),
        { numRuns: Number(process.env.LONGSHORE_FUZZ_RUNS ?? 150), interruptAfterTimeLimit: 20_000 },
      );
    },
  );

  const small = [fileMember('a.txt', 'alpha'), fileMember('b', 'beta')];
  const outcomeOf = (bytes: Buffer): Promise<string> =>
    extracted(threads, { source: remoteSource(Buffer.from(bytes)) }).then(
      ({ files, rejected }) =>
        [...files].map(([name, content]) => `${name}=${content}`).join() +
        rejected.map(({ code }) => ` ${code}`).join(''),
      (error: AppError) => error.code,
    );
  const both = 'a.txt=alpha,b=beta';

  it.each([
    ['zip', 4],
    ['tar.gz', 3],
    ['tar.zst', 4],
  ] as const)(
    'every beginning of a %s is no archive below %i bytes, and cut off above',
    async (format, signature) => {
      const good = await archiveOf(threads, small, { format });
      expect(await outcomeOf(good)).toBe(both);
      for (let length = 0; length < good.length; length += 1) {
        const expected = length < signature ? 'ARCHIVE_UNSUPPORTED' : 'ARCHIVE_TRUNCATED';
        expect(await outcomeOf(good.subarray(0, length)), `cut at ${length}`).toBe(expected);
      }
    },
  );

  it('a beginning of a tar is cut off, but for one that ends where an entry does', async () => {
    const good = await archiveOf(threads, small, { format: 'tar' });
    const ends = new Map([
      [1024, 'a.txt=alpha'],
      [2048, both],
      [2560, both],
    ]);
    for (let length = 0; length < good.length; length += 64) {
      const expected = length < 512 ? 'ARCHIVE_UNSUPPORTED' : (ends.get(length) ?? 'ARCHIVE_TRUNCATED');
      const isInEnd = length > 2560;
      expect(await outcomeOf(good.subarray(0, length)), `cut at ${length}`).toBe(isInEnd ? both : expected);
    }
  });

  it.each([
    ['tar.gz', 3],
    ['tar.zst', 4],
  ] as const)('a bit that flips in a %s is found, or changes nothing', async (format, signature) => {
    const good = await archiveOf(threads, small, { format });
    const found = new Map<string, number>();
    for (let at = 0; at < good.length; at += 1) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 0x10;
      const outcome = await outcomeOf(bad);
      if (at < signature) expect(outcome, `flip at ${at}`).toBe('ARCHIVE_UNSUPPORTED');
      else expect([both, 'ARCHIVE_CORRUPT', 'ARCHIVE_TRUNCATED'], `flip at ${at}`).toContain(outcome);
      found.set(outcome, (found.get(outcome) ?? 0) + 1);
    }
    // Only the bytes of the header that say nothing about the content, and the padding of the last bit.
    expect(found.get(both)).toBeLessThan(10);
  });

  it.each([
    ['the signature of an entry', 0, 'b=beta ENTRY_CORRUPT'],
    ['its checksum', 14, 'b=beta ENTRY_CORRUPT'],
    ['its size', 22, 'b=beta ENTRY_CORRUPT'],
    ['its name in front of the content', 30, 'b=beta ENTRY_CORRUPT'],
    ['its content', 44, 'b=beta ENTRY_CORRUPT'],
  ] as const)('a bit that flips in %s of a zip costs that entry alone', async (_what, at, outcome) => {
    const bad = await archiveOf(threads, small, { format: 'zip' });
    bad[at] = (bad[at] ?? 0) ^ 0x10;
    expect(await outcomeOf(bad)).toBe(outcome);
  });

  it.each([
    ['the signature of a directory record', 0, 'ARCHIVE_CORRUPT'],
    ['the length of a name in it', 28, 'ARCHIVE_CORRUPT'],
    ['the method in it', 10, 'b=beta ENTRY_UNSUPPORTED'],
    ['the offset in it', 42, 'b=beta ENTRY_CORRUPT'],
  ] as const)('a bit that flips in %s gives its own code', async (_what, field, outcome) => {
    const bad = await archiveOf(threads, small, { format: 'zip' });
    const at = bad.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + field;
    bad[at] = (bad[at] ?? 0) ^ 0x10;
    expect(await outcomeOf(bad)).toBe(outcome);
  });
});

describe('a zip that overlaps itself', () => {
  it('gives none of the entries that overlap', async () => {
    const archive = await archiveOf(threads, [fileMember('a', 'x'.repeat(40)), fileMember('b', 'y')], {
      format: 'zip',
    });
    const path = join(folder, 'overlap.zip');
    // The second record points to the first entry.
    const second = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    archive.writeUInt32LE(0, second + 42);
    writeFileSync(path, archive);
    const { files, rejected } = await extracted(threads, { source: localSource(path) });
    expect([...files.keys()]).toEqual(['a']);
    expect(rejected).toMatchObject([{ name: 'b', code: 'ENTRY_CORRUPT' }]);
    expect(readFileSync(path).length).toBe(archive.length);
  });
});
