import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { AppError } from '@longshore/protocol';
import { afterAll, expect, test } from 'vitest';
import type { ArchiveMember, ByteSource } from '../../ports.ts';
import {
  archiveOf,
  extracted,
  fileMember,
  folderMember,
  joined,
  joinedOf,
} from '../../test-support/run-archive.ts';
import { localSource, remoteSource } from '../../test-support/sources.ts';
import { createArchiveThreads } from '../../threads/archive-threads.ts';

const threads = createArchiveThreads({ size: 2 });
const folder = mkdtempSync(join(tmpdir(), 'longshore-join-'));
afterAll(async () => {
  await threads.close();
  rmSync(folder, { recursive: true });
});

const members: ArchiveMember[] = [
  folderMember('empty folder'),
  fileMember('nothing', ''),
  fileMember('deep/er/ünïcödé 世界.txt', 'names'),
  fileMember('large/text.log', 'the quick brown fox\n'.repeat(90_000)),
  fileMember('large/noise.bin', randomBytes(2_500_000)),
  ...Array.from({ length: 1200 }, (_, at) => fileMember(`many/${at}.txt`, `file ${at}\n`.repeat(at % 30))),
];
const whole = await archiveOf(threads, members, { format: 'zip' });
const cutAt = (...places: number[]): ArchiveMember[][] =>
  [0, ...places].map((from, at) => members.slice(from, places[at]));

/** Bytes of which any part can be read, but the whole fails, as that of a damaged blob does at its end. */
function lostSource(bytes: Buffer): ByteSource {
  const source = remoteSource(bytes);
  const broken = function* () {
    yield bytes.subarray(0, Math.floor(bytes.length / 2));
    throw new AppError('BLOB_CORRUPT', 'not what it was');
  };
  return {
    ...source,
    open: (range, signal) =>
      range.end - range.start === bytes.length
        ? Readable.from(broken(), { objectMode: false })
        : source.open(range, signal),
  };
}

test.each([
  ['two pieces', [4]],
  ['pieces of one member, and of many', [1, 2, 3, 4, 5, 150]],
  ['a piece without anything', [4, 4]],
])('T11 %s are joined to what is made of all members at once, byte for byte', async (_what, places) => {
  expect((await joinedOf(threads, cutAt(...places))).equals(whole)).toBe(true);
});

test('T11 pieces on this machine are joined like those from elsewhere, and every byte is counted', async () => {
  const pieces: ByteSource[] = [];
  for (const [at, some] of cutAt(3, 40).entries()) {
    const path = join(folder, `piece-${at}.zip`);
    writeFileSync(path, await archiveOf(threads, some, { format: 'zip' }));
    pieces.push(localSource(path));
  }
  let read = 0;
  const made = await joined(pieces, { onRead: (bytes) => (read += bytes) });
  expect(made.equals(whole)).toBe(true);
  expect(read).toBe(pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
});

test('T11 A8 a piece of which nothing could be read leaves a gap and costs only its own members', async () => {
  const lost: string[] = [];
  const gone: ArchiveMember = {
    kind: 'file',
    path: 'gone',
    modifiedAtMs: 0,
    mode: 0o644,
    source: lostSource(Buffer.alloc(3_000_000)),
  };
  const archive = await joinedOf(threads, [[gone], [fileMember('a', 'hello')], [gone, folderMember('b')]], {
    onLost: ({ path }) => lost.push(path),
  });
  expect(lost).toEqual(['gone', 'gone']);
  const { files, folders, rejected } = await extracted(threads, { source: remoteSource(archive) });
  expect([[...files.keys()], [...folders], rejected]).toEqual([['a'], ['b'], []]);
});

test('a name that two pieces have is refused, as in one archive', async () => {
  const pieces = [[fileMember('a', '1')], [fileMember('b', '2'), fileMember('a', '3')]];
  await expect(joinedOf(threads, pieces)).rejects.toMatchObject({
    code: 'PATH_INVALID',
    message: 'member "a" comes twice',
  });
});

test('what is no zip, or breaks off, or turns out damaged, fails the whole', async () => {
  const piece = await archiveOf(threads, members.slice(0, 3), { format: 'zip' });
  const good = remoteSource(piece);
  await expect(joined([good, remoteSource(piece.subarray(0, -1))])).rejects.toMatchObject({
    code: 'ARCHIVE_TRUNCATED',
  });
  const damaged = Buffer.from(piece);
  damaged[damaged.lastIndexOf('PK\x01\x02')] = 0;
  await expect(joined([remoteSource(damaged)])).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
  await expect(joined([good, lostSource(piece)])).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
});

test('B5 it ends when nobody takes the archive any more', async () => {
  const piece = remoteSource(whole);
  const sink = new Writable({ write: (_chunk, _encoding, done) => done(new Error('the disk is full')) });
  await expect(joined([piece], { sink })).rejects.toThrow('the disk is full');
});

test('A11 an abort ends it in the middle', async () => {
  const stop = new AbortController();
  const piece = remoteSource(whole);
  const joining = joined([piece], { signal: stop.signal, onRead: () => stop.abort('user') });
  await expect(joining).rejects.toBe('user');
});
