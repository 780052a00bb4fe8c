/** The end of a zip (APPNOTE.TXT 4.3.14–4.3.16): where the central directory is and how many entries it has. */
import { AppError } from '@longshore/protocol';
import type { ByteSource } from '../../ports.ts';
import { readRange } from '../../read-range.ts';

export type ZipEnd = {
  readonly directoryStart: number;
  readonly directoryEnd: number;
  readonly entries: number;
  /** True when `entries` may have wrapped at 65 536. */
  readonly entriesWrap: boolean;
  /** Bytes in front of the archive, such as a self-extractor's program: added to every offset it names. */
  readonly shift: number;
  readonly disks: number;
};

const endSignature = 0x06054b50;
const locatorSignature = 0x07064b50;
const end64Signature = 0x06064b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const maxCommentBytes = 65535;
const max16 = 0xffff;
const max32 = 0xffffffff;

/**
 * Finds the end record from the end of the file: the last one whose comment reaches exactly to the end, else the
 * last one at all (bytes were appended). Where two would do, the later one is the archive, as for most readers. A
 * zip64 record counts where the older one refers to it, or leads to no directory.
 * Throws `ARCHIVE_TRUNCATED` when there is none and `ARCHIVE_CORRUPT` when it contradicts itself.
 */
export async function readZipEnd(source: ByteSource, signal: AbortSignal): Promise<ZipEnd> {
  const end = await findZipEnd(source, signal);
  if (end.directoryStart === end.directoryEnd && (await beginsWithEntry(source, signal)))
    throw new AppError('ARCHIVE_CORRUPT', 'the zip has entries and a directory without any');
  return end;
}

/** The same, also of a zip whose directory names nothing of what stands in front of it. */
export async function findZipEnd(source: ByteSource, signal: AbortSignal): Promise<ZipEnd> {
  const tailStart = Math.max(0, source.sizeBytes - endBytes - maxCommentBytes - 20);
  const tail = await readRange(source, { start: tailStart, end: source.sizeBytes }, signal);
  const at = findEnd(tail);
  if (at === -1)
    throw new AppError('ARCHIVE_TRUNCATED', 'the zip has no end record: its last part is missing');

  const disk = tail.readUInt16LE(at + 4);
  const entries = tail.readUInt16LE(at + 10);
  const size = tail.readUInt32LE(at + 12);
  const offset = tail.readUInt32LE(at + 16);
  const endStart = tailStart + at;

  const hasLocator = at >= 20 && tail.readUInt32LE(at - 20) === locatorSignature;
  const readBy64 = () => readEnd64(source, endStart - 20, Number(tail.readBigUInt64LE(at - 20 + 8)), signal);
  const needs64 = entries === max16 || size === max32 || offset === max32 || disk === max16;
  // An empty end record behind a locator is one that was left blank.
  if (hasLocator && (needs64 || size === 0)) return await readBy64();
  try {
    return await placed(
      source,
      { size, offset, endStart, entries, entriesWrap: true, disks: disk + 1 },
      signal,
    );
  } catch (error) {
    if (!hasLocator || !(error instanceof AppError) || error.code !== 'ARCHIVE_CORRUPT') throw error;
    return await readBy64();
  }
}

/** True when an end record reaches exactly to the end of the file. */
export function hasZipEnd(tail: Buffer): boolean {
  const at = findEnd(tail);
  return at !== -1 && at + endBytes + tail.readUInt16LE(at + 20) === tail.length;
}

/** True when the last end record, wherever it stands, leads to a directory with entries. */
export async function hasZipDirectory(source: ByteSource, signal: AbortSignal): Promise<boolean> {
  try {
    const { directoryStart, directoryEnd } = await readZipEnd(source, signal);
    return directoryEnd > directoryStart;
  } catch (error) {
    if (error instanceof AppError && /^ARCHIVE_(CORRUPT|TRUNCATED)$/.test(error.code)) return false;
    throw error;
  }
}

function findEnd(tail: Buffer): number {
  let last = -1;
  for (let at = tail.length - endBytes; at >= 0; at -= 1) {
    if (tail[at] !== 0x50 || tail.readUInt32LE(at) !== endSignature) continue;
    if (at + endBytes + tail.readUInt16LE(at + 20) === tail.length) return at;
    if (last === -1) last = at;
  }
  return last;
}

async function readEnd64(
  source: ByteSource,
  locator: number,
  declared: number,
  signal: AbortSignal,
): Promise<ZipEnd> {
  // The record stands right before its locator unless it has extensible data; look where it says, then there.
  for (const start of [declared, locator - 56]) {
    if (!Number.isSafeInteger(start) || start < 0 || start + 56 > locator) continue;
    const record = await readRange(source, { start, end: start + 56 }, signal);
    if (record.readUInt32LE(0) !== end64Signature) continue;
    const size = Number(record.readBigUInt64LE(40));
    const offset = Number(record.readBigUInt64LE(48));
    const entries = Number(record.readBigUInt64LE(32));
    if (size > source.sizeBytes || offset > source.sizeBytes || entries > size / 46) {
      throw new AppError('ARCHIVE_CORRUPT', 'the zip64 end record names more than the file can hold');
    }
    const disks = record.readUInt32LE(16) + 1;
    return await placed(
      source,
      { size, offset, endStart: start, entries, entriesWrap: false, disks },
      signal,
    );
  }
  throw new AppError('ARCHIVE_CORRUPT', 'the zip64 end record is not where its locator says');
}

type Claim = {
  size: number;
  offset: number;
  endStart: number;
  entries: number;
  entriesWrap: boolean;
  disks: number;
};

/**
 * The directory ends where the end record begins; if it does not begin where it says, bytes were put in front of
 * the archive. Some writers leave a gap between directory and end record: then the named offset counts.
 */
async function placed(source: ByteSource, claim: Claim, signal: AbortSignal): Promise<ZipEnd> {
  const { size, offset, endStart, entries, entriesWrap, disks } = claim;
  const rest = { entries, entriesWrap, disks };
  const before = endStart - size;
  if (before < 0) throw new AppError('ARCHIVE_CORRUPT', 'the directory of the zip is larger than the file');
  if (before < offset)
    throw new AppError('ARCHIVE_CORRUPT', 'the directory of the zip would begin before the file');
  if (size === 0) return { directoryStart: before, directoryEnd: before, shift: 0, ...rest };
  for (const start of [before, offset]) {
    if (start + 4 > endStart) continue;
    const signature = await readRange(source, { start, end: start + 4 }, signal);
    if (signature.readUInt32LE(0) !== 0x02014b50) continue;
    return { directoryStart: start, directoryEnd: start + size, shift: start - offset, ...rest };
  }
  throw new AppError('ARCHIVE_CORRUPT', 'the zip has no directory where its end record says');
}

async function beginsWithEntry(source: ByteSource, signal: AbortSignal): Promise<boolean> {
  if (source.sizeBytes < 4) return false;
  const signature = await readRange(source, { start: 0, end: 4 }, signal);
  return signature.readUInt32LE(0) === localSignature;
}
