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
import {
  type Rar5Block,
  type ReadAt,
  rar5Signature,
  rar5Types,
  readRar5Block,
  readVint,
} from './rar5-blocks.ts';

type Piece = { readonly start: number; readonly end: number } | { readonly bytes: Buffer };

const flagSkipUnknown = 0x04;
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
  const readAt: ReadAt = async (position, length) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  };
  if (!(await readAt(0, rar5Signature.length)).equals(rar5Signature)) return null;
  const pieces: Piece[] = [{ bytes: rar5Signature }];
  let isChanged = false;
  let at = rar5Signature.length;
  for (let blocks = 0; blocks < maxBlocks; blocks += 1) {
    const block = await readRar5Block(readAt, at);
    if (block === null || block.type === rar5Types.encryption) break;
    const next = block.headerEnd + block.dataBytes;
    const trimmed = block.type === rar5Types.main ? trimMain(block) : null;
    if (block.type > rar5Types.end && (block.flags & flagSkipUnknown) !== 0) {
      isChanged = true;
    } else if (trimmed !== null) {
      isChanged = true;
      pieces.push({ bytes: trimmed }, { start: block.headerEnd, end: next });
    } else {
      pieces.push({ start: at, end: next });
    }
    at = next;
    if (block.type === rar5Types.end) break;
  }
  return isChanged ? pieces : null;
}

/** The main header without what follows its fields and its extra area, or null when nothing does. */
function trimMain({ header, fieldsAt, extraBytes }: Rar5Block): Buffer | null {
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

function writeVint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 0x80);
  }
}
