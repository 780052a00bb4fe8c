/**
 * Self-extracting archives: a program with the archive behind it. The program itself knows the signatures it looks for,
 * so one counts only where the header that follows has a right checksum.
 */
import { crc32 } from 'node:zlib';
import { startsWith } from '../../starts-with.ts';

/** As 7-Zip calls the types. */
export type EmbeddedType = '7z' | 'rar' | 'rar5';

/** The archive may begin this far into the program. */
export const embeddedWithinBytes = 2 * 1024 * 1024;

const programs = [
  [0x4d, 0x5a],
  [0x7f, 0x45, 0x4c, 0x46],
];
export const sevenZipSignature = [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c];
export const rarSignature = [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07];

export type Embedded = { readonly type: EmbeddedType; readonly offset: number };

/** True for a program of Windows or Linux. */
export const isProgram = (head: Uint8Array): boolean => programs.some((magic) => startsWith(head, magic));

/** The first archive in the bytes of a program, or null. */
export function findEmbedded(bytes: Buffer): Embedded | null {
  const sevenZipAt = findHeader(bytes, sevenZipSignature, isSevenZipHeader);
  const rarAt = findHeader(bytes, rarSignature, isRarHeader);
  if (sevenZipAt !== null && (rarAt === null || sevenZipAt < rarAt))
    return { type: '7z', offset: sevenZipAt };
  if (rarAt === null) return null;
  return { type: bytes[rarAt + rarSignature.length] === 0 ? 'rar' : 'rar5', offset: rarAt };
}

function findHeader(
  bytes: Buffer,
  signature: readonly number[],
  isHeader: (bytes: Buffer, at: number) => boolean,
): number | null {
  const magic = Buffer.from(signature);
  for (let at = bytes.indexOf(magic); at !== -1; at = bytes.indexOf(magic, at + 1)) {
    if (isHeader(bytes, at)) return at;
  }
  return null;
}

/** 7zFormat.txt, "SignatureHeader". */
const isSevenZipHeader = (bytes: Buffer, at: number): boolean =>
  at + 32 <= bytes.length && crc32(bytes.subarray(at + 12, at + 32)) === bytes.readUInt32LE(at + 8);

function isRarHeader(bytes: Buffer, at: number): boolean {
  const version = bytes[at + rarSignature.length];
  if (version === 0) return isRar4Block(bytes, at + 7);
  return version === 1 && bytes[at + 7] === 0 && isRar5Block(bytes, at + 8);
}

/** Half a CRC-32 of what follows it; the size stands in the sixth and seventh byte. */
function isRar4Block(bytes: Buffer, at: number): boolean {
  if (at + 7 > bytes.length) return false;
  const end = at + bytes.readUInt16LE(at + 5);
  if (end < at + 7 || end > bytes.length) return false;
  return (crc32(bytes.subarray(at + 2, end)) & 0xffff) === bytes.readUInt16LE(at);
}

/** A CRC-32 of what follows it, which begins with its size in groups of seven bits. */
function isRar5Block(bytes: Buffer, at: number): boolean {
  if (at + 7 > bytes.length) return false;
  let size = 0;
  for (let digit = 0; digit < 3; digit += 1) {
    const byte = bytes[at + 4 + digit] ?? 0;
    size += (byte & 0x7f) * 128 ** digit;
    if (byte >= 0x80) continue;
    const end = at + 5 + digit + size;
    return end <= bytes.length && crc32(bytes.subarray(at + 4, end)) === bytes.readUInt32LE(at);
  }
  return false;
}
