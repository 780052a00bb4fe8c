import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { listArchive } from './list-archive.ts';
import type { ByteSource } from './ports.ts';
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
