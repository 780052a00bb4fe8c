/**
 * A local header (APPNOTE.TXT 4.3.7) must agree with the central directory, which is the one that is read. Where
 * they differ, readers of different makes would see different files: such an entry is refused.
 */
import { crc32 } from 'node:zlib';

/** What the central directory says of an entry, as plain numbers, for passing to a thread. */
export type LocatedEntry = {
  readonly headerOffset: number;
  /** No byte of the entry lies here or after: the next entry, or the directory. */
  readonly limit: number;
  readonly nameLength: number;
  readonly nameCrc32: number;
  readonly flags: number;
  /** As it stands in the record: 99 for AES. */
  readonly rawMethod: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  /** False where encryption takes the place of the checksum (AES version 2). */
  readonly hasCrc: boolean;
};

export const localHeaderBytes = 30;
const localSignature = 0x04034b50;
const max32 = 0xffffffff;
const backslash = 0x5c;
const slash = 0x2f;
const flagEncrypted = 1;
const flagDescriptor = 8;

/**
 * The offset of the content, counted like `at`, or why the entry is refused. `bytes` holds at least the header
 * and the name; `base` is the archive offset of its first byte.
 */
export function checkLocalHeader(bytes: Buffer, base: number, entry: LocatedEntry): number | string {
  const at = entry.headerOffset - base;
  if (at < 0 || at + localHeaderBytes + entry.nameLength > bytes.length) return 'lies outside the archive';
  if (bytes.readUInt32LE(at) !== localSignature) return 'has no local header where the directory says';
  const flags = bytes.readUInt16LE(at + 6);
  const nameLength = bytes.readUInt16LE(at + 26);
  const nameStart = at + localHeaderBytes;
  const dataStart = nameStart + nameLength + bytes.readUInt16LE(at + 28);
  if (base + dataStart + entry.compressedBytes > entry.limit) return 'overlaps what comes after it';
  if (bytes.readUInt16LE(at + 8) !== entry.rawMethod) return 'has two different compression methods';
  if ((flags & flagEncrypted) !== (entry.flags & flagEncrypted))
    return 'is encrypted according to one header only';
  if (
    nameLength !== entry.nameLength ||
    nameChecksum(bytes.subarray(nameStart, nameStart + nameLength)) !== entry.nameCrc32
  ) {
    return 'has two different names';
  }
  if ((flags & flagDescriptor) === 0 && !agrees(bytes, at, entry))
    return 'has two different sizes or checksums';
  return dataStart;
}

/** For comparing names: some programs of Windows separate with backslashes in one header only. */
export const nameChecksum = (name: Uint8Array): number =>
  crc32(name.includes(backslash) ? name.map((byte) => (byte === backslash ? slash : byte)) : name);

/** Sizes of 4 GiB and more stand in an extra field that need not be compared: the content is checked anyway. */
function agrees(bytes: Buffer, at: number, entry: LocatedEntry): boolean {
  const same = (local: number, central: number) => local === max32 || local === central;
  return (
    bytes.readUInt32LE(at + 14) === entry.crc32 &&
    same(bytes.readUInt32LE(at + 18), entry.compressedBytes) &&
    same(bytes.readUInt32LE(at + 22), entry.sizeBytes)
  );
}
