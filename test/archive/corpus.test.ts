/** Archives from the test suites of other projects: each must come out as independent tools read it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { AppError } from '@longshore/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import type { MemorySink } from '../../packages/slave/src/archive/test-support/memory-sink.ts';
import { extracted, generousBudget } from '../../packages/slave/src/archive/test-support/run-archive.ts';
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

async function extract(row: Row, options: { password?: string | null; isRemote?: boolean } = {}) {
  const path = join(corpus, row.file);
  const tempSpace = tempSpaceIn(temp);
  try {
    return await extracted(threads, {
      source: options.isRemote === true ? remoteSource(readFileSync(path)) : localSource(path),
      name: basename(row.file),
      password: options.password ?? null,
      tempSpace,
      budget: { ...generousBudget, maxBytes: 64 * 1024 * 1024, maxEntryBytes: 64 * 1024 * 1024 },
      signal: AbortSignal.timeout(timeLimitMs),
    });
  } finally {
    expect(tempSpace.inUse, 'temporary space left behind').toBe(0);
  }
}

/** The corpus calls the content of a bare compressed file "<stream>", whatever the archive is called. */
function digestLike(row: Row, { files }: MemorySink): string {
  const [only] = files.values();
  const isStream = row.entries.length === 1 && row.entries[0]?.[0] === '<stream>';
  return treeDigest(
    isStream && files.size === 1 && only !== undefined ? new Map([['<stream>', only]]) : files,
  );
}

const log = (row: Row, outcome: unknown): void => {
  if (process.env.LONGSHORE_CORPUS_VERBOSE)
    process.stdout.write(`${row.file} ${inspect(outcome, { depth: 5 })}\n`);
};

const ofClass = (...classes: string[]) => rows.filter((row) => classes.includes(row.class));
const failure = async (run: Promise<unknown>): Promise<AppError> => {
  try {
    await run;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it should have failed');
};

describe.runIf(isThere)('archives of other projects', () => {
  describe('are extracted as other programs extract them', () => {
    it.each(ofClass('ok'))('$file', async (row) => {
      expect(digestLike(row, await extract(row))).toBe(row.treeSha256);
      expect(digestLike(row, await extract(row, { isRemote: true }))).toBe(row.treeSha256);
    });
  });

  describe('are opened by their password and by no other', () => {
    it.each(ofClass('encrypted-ok'))('$file', async (row) => {
      expect(digestLike(row, await extract(row, { password: row.password }))).toBe(row.treeSha256);
      expect((await failure(extract(row))).code).toBe('PASSWORD_REQUIRED');
      expect((await failure(extract(row, { password: 'certainly not' }))).code).toBe('WRONG_PASSWORD');
    });
  });

  describe('fail with a code when nobody knows their password', () => {
    it.each(ofClass('encrypted-unknown-pw'))('$file', async (row) => {
      expect((await failure(extract(row))).code).toMatch(/^(PASSWORD_REQUIRED|ENTRY_|ARCHIVE_)/);
      expect((await failure(extract(row, { password: 'x' }))).code).toMatch(
        /^(WRONG_PASSWORD|ENTRY_|ARCHIVE_)/,
      );
    });
  });

  describe('fail with a code when they are damaged, or give only checked content', () => {
    it.each(ofClass('must-fail'))('$file', async (row) => {
      const outcome = await extract(row).then(
        ({ result, rejected, files }) => ({ result, rejected, files: [...files.keys()] }),
        (error: unknown) => {
          if (error instanceof AppError) return error.code;
          throw error;
        },
      );
      log(row, outcome);
    });
  });

  describe('are refused when they are no archive or a later volume', () => {
    it.each(ofClass('volume-part', 'not-an-archive'))('$file', async (row) => {
      expect((await failure(extract(row))).code).toMatch(/^ARCHIVE_/);
    });
  });

  describe('stay in their place and within their budget when they are hostile', () => {
    it.each(ofClass('unsafe'))('$file', async (row) => {
      const outcome = await extract(row).catch((error: unknown) => {
        if (error instanceof AppError) return error;
        throw error;
      });
      log(
        row,
        outcome instanceof AppError
          ? `${outcome.code} ${outcome.message}`
          : [[...outcome.files.keys()], outcome.rejected],
      );
      if (outcome instanceof AppError) return;
      for (const path of outcome.files.keys())
        expect(path).not.toMatch(/^\/|(^|\/)\.\.?(\/|$)|[\\\0]|^[a-z]:/i);
    });
  });
});

describe.skipIf(isThere)('archives of other projects', () => {
  it.skip(`are not here: set LONGSHORE_CORPUS (looked in ${corpus})`, () => undefined);
});
