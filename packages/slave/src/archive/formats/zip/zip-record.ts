import { isUtf8 } from 'node:buffer';
import { crc32 as zlibCrc32 } from 'node:zlib';

/** One entry of a central directory (APPNOTE.TXT 4.3.12), with zip64 and Unicode extra fields applied. */
export type ZipRecord = {
  readonly index: number;
  readonly nameBytes: Buffer;
  /** Set when the archive says the name is UTF-8 (flag bit 11 or a valid Unicode path field), else null. */
  readonly utf8Name: string | null;
  readonly madeBy: number;
  readonly flags: number;
  /** The compression method; for WinZip's AES the one beneath the encryption. */
  readonly method: number;
  /** The method as it stands in the record: 99 for AES. */
  readonly rawMethod: number;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  readonly headerOffset: number;
  readonly externalAttributes: number;
  readonly modifiedAtMs: number | null;
  readonly encryption: ZipEncryption;
};

export type ZipEncryption =
  | { readonly kind: 'none' }
  | { readonly kind: 'zipcrypto'; readonly checks: readonly number[] }
  | { readonly kind: 'aes'; readonly keyBytes: 16 | 24 | 32; readonly hasCrc: boolean }
  | { readonly kind: 'strong' };

export const flagEncrypted = 0x0001;
export const flagDescriptor = 0x0008;
export const flagStrong = 0x0040;
export const flagUtf8 = 0x0800;
export const flagMasked = 0x2000;

export const methodStored = 0;
export const methodDeflate = 8;
export const methodAes = 99;

export const recordBytes = 46;
export const recordSignature = 0x02014b50;
const max32 = 0xffffffff;

/** Why a record cannot be read: the caller stops there, since what follows has no known place. */
export class ZipRecordError extends Error {}

/** The length of the record that starts at `at`, or null when `bytes` ends before it does. */
export function recordLength(bytes: Buffer, at: number): number | null {
  if (at + recordBytes > bytes.length) return null;
  if (bytes.readUInt32LE(at) !== recordSignature) {
    throw new ZipRecordError('the directory of the zip is damaged: an entry has no signature');
  }
  const length =
    recordBytes + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  return at + length > bytes.length ? null : length;
}

/** Parses a record that is known to lie within `bytes`. `shift` is added to its offset. */
export function parseRecord(bytes: Buffer, at: number, index: number, shift: number): ZipRecord {
  const flags = bytes.readUInt16LE(at + 8);
  const nameEnd = at + recordBytes + bytes.readUInt16LE(at + 28);
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
  const nameBytes = Buffer.from(bytes.subarray(at + recordBytes, nameEnd));
  const crc32 = bytes.readUInt32LE(at + 16);
  const dosTime = bytes.readUInt32LE(at + 12);
  const size32 = bytes.readUInt32LE(at + 24);
  const compressed32 = bytes.readUInt32LE(at + 20);
  const offset32 = bytes.readUInt32LE(at + 42);

  let sizeBytes = size32;
  let compressedBytes = compressed32;
  let headerOffset = offset32;
  const rawMethod = bytes.readUInt16LE(at + 10);
  let method = rawMethod;
  // Some programs set the flag for whatever they write.
  let utf8Name = (flags & flagUtf8) !== 0 && isUtf8(nameBytes) ? nameBytes.toString('utf8') : null;
  let modifiedAtMs: number | null = null;
  let encryption: ZipEncryption = encryptionOf(flags, crc32, dosTime);

  for (let field = nameEnd; field + 4 <= extraEnd; ) {
    const id = bytes.readUInt16LE(field);
    const start = field + 4;
    const end = start + bytes.readUInt16LE(field + 2);
    if (end > extraEnd) break;
    field = end;
    if (id === 0x0001) {
      let from = start;
      const next = (present: boolean, value: number): number => {
        if (!present || from + 8 > end) return value;
        from += 8;
        return Number(bytes.readBigUInt64LE(from - 8));
      };
      sizeBytes = next(size32 === max32, sizeBytes);
      compressedBytes = next(compressed32 === max32, compressedBytes);
      headerOffset = next(offset32 === max32, headerOffset);
    } else if (id === 0x7075 && end - start > 5) {
      utf8Name = unicodePath(bytes.subarray(start, end), nameBytes) ?? utf8Name;
    } else if (id === 0x5455 && end - start >= 5 && ((bytes[start] ?? 0) & 1) !== 0) {
      modifiedAtMs = bytes.readInt32LE(start + 1) * 1000;
    } else if (id === 0x000a && end - start >= 32 && modifiedAtMs === null) {
      modifiedAtMs = ntfsTime(bytes, start, end);
    } else if (id === 0x9901 && end - start >= 7 && method === methodAes) {
      const strength = bytes[start + 4] ?? 0;
      const hasCrc = bytes.readUInt16LE(start) === 1;
      method = bytes.readUInt16LE(start + 5);
      encryption =
        strength >= 1 && strength <= 3
          ? { kind: 'aes', keyBytes: strength === 1 ? 16 : strength === 2 ? 24 : 32, hasCrc }
          : { kind: 'strong' };
    }
  }
  return {
    index,
    nameBytes,
    utf8Name,
    madeBy: bytes.readUInt16LE(at + 4) >>> 8,
    flags,
    method,
    rawMethod,
    crc32,
    compressedBytes,
    sizeBytes,
    headerOffset: headerOffset + shift,
    externalAttributes: bytes.readUInt32LE(at + 38),
    modifiedAtMs: modifiedAtMs ?? dosTimeToMs(dosTime),
    encryption,
  };
}

function encryptionOf(flags: number, crc32: number, dosTime: number): ZipEncryption {
  if ((flags & flagEncrypted) === 0) return { kind: 'none' };
  if ((flags & (flagStrong | flagMasked)) !== 0) return { kind: 'strong' };
  // The byte that tells a wrong password: of the time where the CRC was not known yet, but not all writers do so.
  const checks = [crc32 >>> 24, ...((flags & flagDescriptor) === 0 ? [] : [(dosTime >>> 8) & 0xff])];
  return { kind: 'zipcrypto', checks };
}

/** A Unicode path counts only for the name it was made for (APPNOTE.TXT 4.6.9). */
function unicodePath(field: Buffer, nameBytes: Buffer): string | null {
  if (field[0] !== 1 || field.readUInt32LE(1) !== zlibCrc32(nameBytes)) return null;
  return field.toString('utf8', 5);
}

function ntfsTime(bytes: Buffer, start: number, end: number): number | null {
  for (let at = start + 4; at + 4 <= end; ) {
    const length = bytes.readUInt16LE(at + 2);
    if (bytes.readUInt16LE(at) === 1 && length >= 24 && at + 12 <= end) {
      // 100-nanosecond steps since 1601.
      return Number(bytes.readBigUInt64LE(at + 4) / 10_000n - 11_644_473_600_000n);
    }
    at += 4 + length;
  }
  return null;
}

/** DOS times have no zone; they are read as UTC so that the same archive gives the same times everywhere. */
function dosTimeToMs(dosTime: number): number | null {
  const date = dosTime >>> 16;
  const month = (date >>> 5) & 15;
  const day = date & 31;
  if (month < 1 || month > 12 || day < 1) return null;
  const year = 1980 + (date >>> 9);
  return Date.UTC(year, month - 1, day, (dosTime >>> 11) & 31, (dosTime >>> 5) & 63, (dosTime & 31) * 2);
}
