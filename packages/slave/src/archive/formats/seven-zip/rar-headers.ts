/** Where the headers of a RAR are: before the data of every file. They are found by going from one to the next. */
import { crc32 } from 'node:zlib';
import type { ByteSource } from '../../ports.ts';
import { readRange } from '../../read-range.ts';
import { startsWith } from '../../starts-with.ts';
import { rarSignature } from './find-embedded.ts';
import { type FindHeaders, type HeaderPiece, maxHeaderBytes } from './list-by-headers.ts';
import { type ReadAt, rar5Signature, rar5Types, readRar5Block } from './rar5-blocks.ts';

type Block = {
  readonly kind: 'file' | 'end' | 'other';
  readonly headerEnd: number;
  readonly dataBytes: number;
};

const rar4SignatureBytes = 7;
const rar4 = { main: 0x73, file: 0x74, service: 0x7a, end: 0x7b } as const;
const rar4HeadersEncrypted = 0x0080;
const rar4Large = 0x0100;
const rar4HasData = 0x8000;
/** Data of what is no file, such as a comment, is given along up to this size. */
const otherDataBytes = 64 * 1024;
/** A block may be seven bytes small: of more of them than this the list alone would take hundreds of megabytes. */
const maxBlocks = 100_000;
const smallestWindow = 16 * 1024;
const largestWindow = 4 * 1024 * 1024;

export const findRarHeaders: FindHeaders = async (source, signal) => {
  const readAt = readByWindows(source, signal);
  const first = await readAt(0, rar5Signature.length);
  const isRar5 = first.equals(rar5Signature);
  if (!isRar5 && !startsWith(first, [...rarSignature, 0])) return null;
  const readBlock = isRar5 ? rar5Block : rar4Block;
  const signatureBytes = isRar5 ? rar5Signature.length : rar4SignatureBytes;
  const pieces: HeaderPiece[] = [{ start: 0, bytes: Buffer.from(first.subarray(0, signatureBytes)) }];
  let bytes = 0;
  for (let at = signatureBytes; at < source.sizeBytes; ) {
    const block = await readBlock(readAt, at);
    if (block === null) return null;
    const { kind, headerEnd, dataBytes } = block;
    const end = headerEnd + (kind !== 'file' && dataBytes <= otherDataBytes ? dataBytes : 0);
    bytes += end - at;
    if (bytes > maxHeaderBytes || pieces.length > maxBlocks) return null;
    pieces.push({ start: at, bytes: Buffer.from(await readAt(at, end - at)) });
    if (kind === 'end') break;
    at = headerEnd + dataBytes;
  }
  return pieces;
};

async function rar5Block(readAt: ReadAt, at: number): Promise<Block | null> {
  const block = await readRar5Block(readAt, at);
  if (block === null || block.type === rar5Types.encryption) return null;
  const kind = block.type === rar5Types.file ? 'file' : block.type === rar5Types.end ? 'end' : 'other';
  return { kind, headerEnd: block.headerEnd, dataBytes: block.dataBytes };
}

/** The block format of RAR 1.5 to 4 (technote.txt of that time). Null for one without a right checksum, or encrypted headers. */
async function rar4Block(readAt: ReadAt, at: number): Promise<Block | null> {
  const start = await readAt(at, 7);
  if (start.length < 7) return null;
  const type = start[2];
  const flags = start.readUInt16LE(3);
  const size = start.readUInt16LE(5);
  const header = await readAt(at, size);
  if (size < 7 || header.length < size) return null;
  if ((crc32(header.subarray(2)) & 0xffff) !== header.readUInt16LE(0)) return null;
  if (type === rar4.main && (flags & rar4HeadersEncrypted) !== 0) return null;
  const hasData = (flags & rar4HasData) !== 0 && size >= 11;
  const isFile = type === rar4.file || type === rar4.service;
  const high = isFile && (flags & rar4Large) !== 0 && size >= 36 ? header.readUInt32LE(32) : 0;
  return {
    kind: type === rar4.file ? 'file' : type === rar4.end ? 'end' : 'other',
    headerEnd: at + size,
    dataBytes: hasData ? header.readUInt32LE(7) + high * 2 ** 32 : 0,
  };
}

/**
 * Reads from a window that moves along. Where headers stand close to each other it grows, so that it costs few ways there and
 * back; where they are far apart it stays small, so that little is read in vain.
 */
function readByWindows(source: ByteSource, signal: AbortSignal): ReadAt {
  let window: Buffer = Buffer.alloc(0);
  let start = 0;
  let size = smallestWindow;
  return async (position, length) => {
    const end = Math.min(position + length, source.sizeBytes);
    if (position < start || end > start + window.length) {
      const isNear = position <= start + window.length + size;
      size = isNear ? Math.min(size * 2, largestWindow) : smallestWindow;
      start = Math.min(position, source.sizeBytes);
      window = await readRange(
        source,
        { start, end: Math.min(source.sizeBytes, start + Math.max(size, length)) },
        signal,
      );
    }
    return window.subarray(position - start, Math.max(position, end) - start);
  };
}
