/**
 * RAR 5 lets writers put more into an archive than a reader knows: blocks of new types that are marked to be passed
 * by, and bytes behind the fields of the main header (rarlab.com/technote.htm, "General archive block format").
 * 7-Zip gives up on both, so they are taken out of a copy.
 */
import { createWriteStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';

type Piece = { readonly start: number; readonly end: number } | { readonly bytes: Buffer };

const signature = Buffer.from([0x52, 0x61, 0x72, 0x21, 0x1a, 0x07, 0x01, 0x00]);
const typeMain = 1;
const typeEncryption = 4;
const typeEnd = 5;
const flagExtra = 0x01;
const flagData = 0x02;
const flagSkipUnknown = 0x04;
const maxHeaderBytes = 2 * 1024 * 1024;
const maxBlocks = 100_000;

/** Writes a copy without what 7-Zip gives up on. False, and no copy, when there is nothing of the kind. */
export async function normaliseRar5(path: string, copy: string, signal: AbortSignal): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const pieces = await planCopy(file);
    if (pieces === null) return false;
    const bytes = async function* () {
      for (const piece of pieces) {
        if ('bytes' in piece) yield piece.bytes;
        else if (piece.end > piece.start) {
          yield* file.createReadStream({ start: piece.start, end: piece.end - 1, autoClose: false });
        }
      }
    };
    await pipeline(bytes, createWriteStream(copy, { flags: 'wx' }), { signal });
    return true;
  } finally {
    await file.close();
  }
}

async function planCopy(file: FileHandle): Promise<Piece[] | null> {
  if (!(await readAt(file, 0, signature.length)).equals(signature)) return null;
  const pieces: Piece[] = [{ bytes: signature }];
  let isChanged = false;
  let at = signature.length;
  for (let blocks = 0; blocks < maxBlocks; blocks += 1) {
    const block = await readBlock(file, at);
    if (block === null || block.type === typeEncryption) break;
    const next = block.headerEnd + block.dataBytes;
    if (block.type > typeEnd && (block.flags & flagSkipUnknown) !== 0) {
      isChanged = true;
    } else if (block.trimmed !== null) {
      isChanged = true;
      pieces.push({ bytes: block.trimmed }, { start: block.headerEnd, end: next });
    } else {
      pieces.push({ start: at, end: next });
    }
    at = next;
    if (block.type === typeEnd) break;
  }
  return isChanged ? pieces : null;
}

async function readBlock(file: FileHandle, at: number) {
  const start = await readAt(file, at, 4 + 3);
  const size = readVint(start, 4);
  if (size === null || size.value > maxHeaderBytes) return null;
  const header = await readAt(file, at + size.next, size.value);
  if (header.length < size.value) return null;
  if (crc32(header, crc32(start.subarray(4, size.next))) !== start.readUInt32LE(0)) return null;

  const fields = readVints(header, 2);
  if (fields === null) return null;
  const [type = 0, flags = 0] = fields.values;
  const sizes = readVints(
    header,
    ((flags & flagExtra) !== 0 ? 1 : 0) + ((flags & flagData) !== 0 ? 1 : 0),
    fields.next,
  );
  if (sizes === null) return null;
  const extraBytes = (flags & flagExtra) !== 0 ? (sizes.values[0] ?? 0) : 0;
  const dataBytes = (flags & flagData) !== 0 ? (sizes.values.at(-1) ?? 0) : 0;
  return {
    type,
    flags,
    dataBytes,
    headerEnd: at + size.next + size.value,
    trimmed: type === typeMain ? trimMain(header, sizes.next, extraBytes) : null,
  };
}

/** The main header without what follows its fields and its extra area, or null when nothing does. */
function trimMain(header: Buffer, fieldsAt: number, extraBytes: number): Buffer | null {
  const archiveFlags = readVint(header, fieldsAt);
  if (archiveFlags === null) return null;
  const hasVolumeNumber = (archiveFlags.value & 2) !== 0;
  const volume = hasVolumeNumber ? readVint(header, archiveFlags.next) : archiveFlags;
  const end = (volume?.next ?? header.length) + extraBytes;
  if (end >= header.length) return null;
  const body = Buffer.concat([writeVint(end), header.subarray(0, end)]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(body));
  return Buffer.concat([checksum, body]);
}

/** Seven bits to a byte, the lowest first; the highest bit says that more follow. */
function readVint(bytes: Buffer, at: number): { value: number; next: number } | null {
  let value = 0;
  for (let shift = 0; shift < 49; shift += 7) {
    const byte = bytes[at + shift / 7];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: at + shift / 7 + 1 };
  }
  return null;
}

function readVints(bytes: Buffer, count: number, from = 0): { values: number[]; next: number } | null {
  const values: number[] = [];
  let next = from;
  while (values.length < count) {
    const vint = readVint(bytes, next);
    if (vint === null) return null;
    values.push(vint.value);
    next = vint.next;
  }
  return { values, next };
}

function writeVint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 0x80);
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
