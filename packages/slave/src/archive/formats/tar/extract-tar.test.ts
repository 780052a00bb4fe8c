import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
