import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { tempFolder } from '../testing/temp-folder.ts';
import { listArchive } from './list-archive.ts';
import type { ByteSource } from './ports.ts';
import { makeRar5 } from './test-support/make-rar5.ts';
import {
  archiveOf,
  extracted,
  fileMember,
  generousBudget,
  listed,
  neverAborted,
  noTempSpace,
} from './test-support/run-archive.ts';
import { remoteSource } from './test-support/sources.ts';
import { tempSpaceIn } from './test-support/temp-space.ts';
import { createArchiveThreads } from './threads/archive-threads.ts';

const threads = createArchiveThreads({ size: 1 });
afterAll(() => threads.close());

/** A zip whose names are in another encoding, unmarked, as old Windows programs write them. */
async function zipWithNames(names: readonly string[], charset: string): Promise<Buffer> {
  const places = names.map((name, at) => ({
    name,
    place: `${'p'.repeat(encode(name, charset).length - 1)}${at}`,
  }));
  let archive = await archiveOf(
    threads,
    places.map(({ place }) => fileMember(place, place)),
    { format: 'zip' },
  );
  for (const { name, place } of places) {
    archive = Buffer.from(
      archive.toString('latin1').replaceAll(place, encode(name, charset).toString('latin1')),
      'latin1',
    );
  }
  return archive;
}

async function usedEncoding(source: ByteSource) {
  const listing = await listArchive({
    source,
    name: 'a.zip',
    limits: generousBudget,
    threads,
    tempSpace: noTempSpace,
    signal: neverAborted(),
  });
  for await (const _ of listing.entries);
  return listing.usedEncoding();
}

const encode = (text: string, charset: string): Buffer =>
  execFileSync('iconv', ['-f', 'UTF-8', '-t', charset], { input: text });

describe('names in other encodings', () => {
  const names = ['新建文件夹说明.txt', '照片北京.jpg'];

  it('are found out and shown, and extracted the same', async () => {
    const source = remoteSource(await zipWithNames(names, 'GBK'));
    expect((await listed(threads, { source })).map(({ name }) => name)).toEqual(names);
    expect([...(await extracted(threads, { source })).files.keys()]).toEqual(names);
    const detected = await usedEncoding(source);
    expect(detected).toMatchObject({ encoding: 'gb18030' });
    expect(detected?.confidence).toBeGreaterThan(0.3);
  });

  it('are read in the encoding that is asked for', async () => {
    const source = remoteSource(await zipWithNames(['Größe.txt'], 'CP437'));
    expect((await listed(threads, { source, encoding: 'ibm866' })).map(({ name }) => name)).toEqual([
      'GrФсe.txt',
    ]);
    expect((await listed(threads, { source, encoding: 'cp437' })).map(({ name }) => name)).toEqual([
      'Größe.txt',
    ]);
  });

  it('need no guess when they are UTF-8', async () => {
    const source = remoteSource(await archiveOf(threads, [fileMember('世界.txt', 'x')], { format: 'zip' }));
    expect(await usedEncoding(source)).toBeNull();
  });
});

describe('listArchive', () => {
  it('reads a zip by its directory alone', async () => {
    const members = Array.from({ length: 300 }, (_, at) =>
      fileMember(`${at}.txt`, 'x'.repeat(1000).concat(String(at))),
    );
    const archive = await archiveOf(
      threads,
      [...members, fileMember('large', Buffer.alloc(2_000_000, 'large content '))],
      { format: 'zip' },
    );
    const source = remoteSource(archive);
    expect((await listed(threads, { source })).length).toBe(301);
    expect(source.requests.length).toBeLessThan(6);
  });

  it.each([
    { format: '7z', isDense: false },
    { format: '7z', isDense: true },
    { format: 'rar', isDense: false },
    { format: 'rar', isDense: true },
  ] as const)('reads a $format by its headers alone, dense: $isDense', async ({ format, isDense }) => {
    const count = isDense ? 2_000 : 20;
    // Noise, so that it does not shrink.
    const files = Array.from({ length: count }, (_, at) => ({
      name: `file ${at}`,
      content: randomBytes(isDense ? 100 : 250_000).toString('hex'),
    }));
    const tempSpace = tempSpaceIn(tempFolder());
    const members = files.map(({ name, content }) => fileMember(name, content));
    const archive =
      format === 'rar' ? makeRar5(files) : await archiveOf(threads, members, { format, level: 0, tempSpace });
    const source = remoteSource(archive);
    const entries = await listed(threads, { source, tempSpace });
    expect(entries.map(({ name, sizeBytes }) => [name, sizeBytes]).sort()).toEqual(
      files.map(({ name, content }) => [name, content.length]).sort(),
    );
    expect(tempSpace.inUse).toBe(0);
    expect(source.requests.some(({ start, end }) => end - start === archive.length && start === 0)).toBe(
      false,
    );
    if (isDense) return expect(source.requests.length).toBeLessThan(20);
    const read = source.requests.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(read).toBeLessThan(archive.length / 10);
  });

  it('gives up on the headers of a rar that has a hundred thousand of them, and copies it', async () => {
    const tempSpace = tempSpaceIn(tempFolder());
    const archive = makeRar5(Array.from({ length: 100_001 }, (_, at) => ({ name: `${at}` })));
    const source = remoteSource(archive);
    expect(await listed(threads, { source, tempSpace })).toHaveLength(100_001);
    expect(source.requests.some(({ start, end }) => start === 0 && end === archive.length)).toBe(true);
  });

  it('stops reading when nobody wants more', async () => {
    const members = Array.from({ length: 50 }, (_, at) =>
      fileMember(`${at}.bin`, Buffer.alloc(500_000, `${at}`)),
    );
    const source = remoteSource(await archiveOf(threads, members, { format: 'tar' }));
    const listing = await listArchive({
      source,
      name: 'a.tar',
      limits: generousBudget,
      threads,
      tempSpace: noTempSpace,
      signal: neverAborted(),
    });
    for await (const { name } of listing.entries) if (name === '3.bin') break;
    expect(source.requests.length).toBeLessThan(5);
  });
});
