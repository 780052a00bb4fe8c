import { afterAll, describe, expect, it } from 'vitest';
import { padding, tarEnd, tarMember, writeTarHeader } from './formats/tar/write-tar-header.ts';
import { memorySink } from './test-support/memory-sink.ts';
import { extracted, fileMember, generousBudget } from './test-support/run-archive.ts';
import { remoteSource } from './test-support/sources.ts';
import { createArchiveThreads } from './threads/archive-threads.ts';

const threads = createArchiveThreads({ size: 1 });
afterAll(() => threads.close());

const file = (name: string, content: Buffer): Buffer =>
  Buffer.concat([writeTarHeader(tarMember(fileMember(name, content))), content, padding(content.length)]);

function hardLink(name: string, target: string): Buffer {
  const header = writeTarHeader(tarMember(fileMember(name, '')));
  header.write('1', 156, 'latin1');
  header.write(target, 157, 'latin1');
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

const tar = (...parts: Buffer[]) => remoteSource(Buffer.concat([...parts, tarEnd()]));
const content = Buffer.alloc(100_000, 'the content of the first\n');

describe('a hard link in a tar', () => {
  it('A3 is a copy of the file that it names', async () => {
    const source = tar(file('a', content), hardLink('b', 'a'), hardLink('c', 'b'));
    const { files, result } = await extracted(threads, { source });
    expect([...files.keys()]).toEqual(['a', 'b', 'c']);
    expect(files.get('c')?.equals(content)).toBe(true);
    expect(result).toMatchObject({ filesStored: 3, bytesStored: 3 * content.length });
  });

  it('A7 counts with all of its bytes', async () => {
    const links = Array.from({ length: 50 }, (_, at) => hardLink(`link-${at}`, 'a'));
    const sink = memorySink();
    const budget = { ...generousBudget, maxBytes: content.length * 10 };
    const failing = extracted(threads, { source: tar(file('a', content), ...links), sink, budget });
    await expect(failing).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED', details: { limit: 'maxBytes' } });
    expect(sink.files.size).toBeLessThanOrEqual(11);
  });

  it('A7 to what was not extracted is reported, and one to that as well', async () => {
    const source = tar(file('../a', content), file('b', content), hardLink('c', '../a'), hardLink('d', 'c'));
    const { files, rejected } = await extracted(threads, { source });
    expect([...files.keys()]).toEqual(['b']);
    expect(rejected.map(({ name, code }) => [name, code])).toEqual([
      ['../a', 'ENTRY_UNSAFE'],
      ['c', 'ENTRY_UNSUPPORTED'],
      ['d', 'ENTRY_UNSUPPORTED'],
    ]);
  });

  it('S3 is copied from what an earlier run has stored', async () => {
    const sink = memorySink();
    sink.files.set('a', content);
    sink.storedIndices.add(0);
    const source = tar(file('a', content), hardLink('b', 'a'));
    const { files, result } = await extracted(threads, { source, sink });
    expect(result).toMatchObject({ filesKept: 1, filesStored: 1, entriesRejected: 0 });
    expect(files.size).toBe(0);
    expect(sink.files.get('b')?.equals(content)).toBe(true);
  });
});
