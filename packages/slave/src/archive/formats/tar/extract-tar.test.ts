import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { extracted } from '../../test-support/run-archive.ts';
import { remoteSource } from '../../test-support/sources.ts';
import { paxBlocks, tarBlocks, tarOf } from '../../test-support/tar-blocks.ts';
import { createArchiveThreads } from '../../threads/archive-threads.ts';

const threads = createArchiveThreads({ size: 1 });
const folder = mkdtempSync(join(tmpdir(), 'longshore-tar-'));
afterAll(async () => {
  await threads.close();
  rmSync(folder, { recursive: true });
});

/** The files as text, and what was reported of the others. */
async function outcomeOf(tar: Buffer) {
  const { files, folders, rejected, result } = await extracted(threads, { source: remoteSource(tar) });
  return {
    result,
    files: Object.fromEntries([...files].map(([name, content]) => [name, content.toString()])),
    folders: [...folders],
    rejected: rejected.map(({ name, code }) => [name, code]),
  };
}

describe('files with holes', () => {
  const pieces = [
    [0, 'begin'],
    [200_000, 'middle'],
    [700_000, 'end'],
  ] as const;
  const sizeBytes = 1_000_000;
  const content = Buffer.alloc(sizeBytes);
  for (const [offset, text] of pieces) content.write(text, offset);

  it.each([
    '--format=gnu',
    '--format=pax --sparse-version=0.0',
    '--format=pax --sparse-version=0.1',
    '--format=pax',
  ])('that GNU tar wrote with %s come out whole', async (format) => {
    const path = join(folder, 'holes');
    const file = openSync(path, 'w');
    for (const [offset, text] of pieces) writeSync(file, text, offset);
    closeSync(file);
    truncateSync(path, sizeBytes);
    const args = ['-C', folder, '--sparse', ...format.split(' '), '-cf', '-', 'holes'];
    const tar = execFileSync('tar', args, { maxBuffer: 1 << 26 });
    expect(tar.length).toBeLessThan(sizeBytes / 2);
    const { files, rejected } = await extracted(threads, { source: remoteSource(tar) });
    expect(rejected).toEqual([]);
    expect(files.get('holes')?.equals(content)).toBe(true);
  });

  it('are reported and never published as they are packed, where their map is of an unknown kind', async () => {
    const packed = { name: 'packed', content: 'no holes here' };
    const { files, rejected } = await outcomeOf(
      tarOf(
        paxBlocks([['SUN.holesdata', ' 0 10 20']]),
        tarBlocks({ ...packed, name: 'solaris' }),
        paxBlocks([['GNU.sparse.major', '2']]),
        tarBlocks({ ...packed, name: 'future' }),
        tarBlocks({ ...packed, name: 'star', type: 'S' }),
        tarBlocks({ name: 'after', content: 'whole' }),
      ),
    );
    expect(files).toEqual({ after: 'whole' });
    expect(rejected).toEqual([
      ['solaris', 'ENTRY_UNSUPPORTED'],
      ['future', 'ENTRY_UNSUPPORTED'],
      ['star', 'ENTRY_UNSUPPORTED'],
    ]);
  });
});

describe('a tar', () => {
  const file = (name: string, content: string) => tarBlocks({ name, content });

  it.each([1024, 10_240])('of %i zeros is one without entries, alone and in a gz', async (bytes) => {
    const tar = Buffer.alloc(bytes);
    expect(await outcomeOf(tar)).toMatchObject({ files: {}, result: { format: 'tar' } });
    const source = remoteSource(gzipSync(tar));
    const { result } = await extracted(threads, { source, name: 'none.tar.gz' });
    expect(result).toMatchObject({ format: 'tar.gz', filesStored: 0 });
  });

  it.each([512, 1000, 128 * 1024])('is not what %i zeros are', async (bytes) => {
    await expect(outcomeOf(Buffer.alloc(bytes))).rejects.toMatchObject({ code: 'ARCHIVE_UNSUPPORTED' });
  });

  it('whose first entry has no name goes on with the others', async () => {
    expect(await outcomeOf(tarOf(file('', 'nameless'), file('b', 'beta')))).toMatchObject({
      files: { b: 'beta' },
      rejected: [['', 'ENTRY_UNSAFE']],
    });
  });

  it.each(['A', 'E', 'N', 'V'])('with a header of type %s does not take it for a file', async (type) => {
    const about = tarBlocks({ name: 'a', type, content: 'about the next' });
    expect(await outcomeOf(tarOf(about, file('a', 'alpha')))).toMatchObject({
      files: { a: 'alpha' },
      rejected: [],
    });
  });

  it('with folders and links that declare a size without having content is read behind them', async () => {
    const folderBlocks = tarBlocks({ name: 'd', type: '5', sizeBytes: 4096 });
    const link = tarBlocks({ name: 'b', type: '1', link: 'a', sizeBytes: 5 });
    expect(await outcomeOf(tarOf(file('a', 'alpha'), folderBlocks, link))).toMatchObject({
      files: { a: 'alpha', b: 'alpha' },
      folders: ['d'],
    });
  });

  it('may pad the size in an extended header with zeros', async () => {
    const pax = paxBlocks([['size', '5'.padStart(24, '0')]]);
    expect(await outcomeOf(tarOf(pax, file('a', 'alpha')))).toMatchObject({ files: { a: 'alpha' } });
  });

  it('with a hard link that brings its content is read behind it', async () => {
    const link = tarBlocks({ name: 'b', type: '1', link: 'a', content: 'alpha' });
    expect(await outcomeOf(tarOf(file('a', 'alpha'), link, file('c', 'gamma')))).toMatchObject({
      files: { a: 'alpha', b: 'alpha', c: 'gamma' },
    });
  });

  it('has a folder where a long name ends in a slash', async () => {
    const name = `${'n'.repeat(120)}/`;
    const long = tarBlocks({ name: '././@LongLink', type: 'L', content: `${name}\0`, magic: 'ustar  \0' });
    const cut = { magic: 'ustar  \0', name: name.slice(0, 100) };
    expect(await outcomeOf(tarOf(long, tarBlocks(cut)))).toMatchObject({
      files: {},
      folders: [name.slice(0, -1)],
    });
    expect(await outcomeOf(tarOf(paxBlocks([['path', name]]), tarBlocks({ name: 'n' })))).toMatchObject({
      files: {},
      folders: [name.slice(0, -1)],
    });
  });

  it('is read with the records that are whole of an extended header that is damaged', async () => {
    const notes: string[] = [];
    const pax = tarBlocks({ name: 'pax', type: 'x', content: '14 path=right\nnonsense\n' });
    const source = remoteSource(tarOf(pax, file('wrong', 'alpha')));
    const { files } = await extracted(threads, { source, onNote: (what) => notes.push(what) });
    expect([...files.keys()]).toEqual(['right']);
    expect(notes).toHaveLength(1);
  });
});
