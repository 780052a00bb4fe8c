/** Files with holes: the pieces that are stored, and where they belong (GNU tar manual, "Storing Sparse Files"). */
import { Readable } from 'node:stream';
import { AppError } from '@longshore/protocol';
import type { ByteReader } from '../../byte-reader.ts';
import { type PaxRecords, paxNumber } from './pax-records.ts';
import { blockBytes, readNumber, type TarHeader } from './tar-header.ts';

export type SparsePiece = { readonly offset: number; readonly bytes: number };
export type SparseMap = {
  readonly sizeBytes: number;
  readonly pieces: readonly SparsePiece[];
  /** Bytes of the content that the map itself took (pax format 1.0). */
  readonly mapBytes: number;
};

const maxPieces = 100_000;

/**
 * Null for a file without holes, "unknown" for one whose map is in no format that is known: what is stored of it is
 * not its content. Reads what of the map stands between header and content.
 */
export async function readSparseMap(
  reader: ByteReader,
  block: Buffer,
  header: TarHeader,
  pax: PaxRecords,
  contentBytes: number,
): Promise<SparseMap | null | 'unknown'> {
  const text = (key: string) => pax.get(key)?.toString('latin1') ?? '';
  const before = reader.position;
  let map: { sizeBytes: number; pieces: SparsePiece[] };
  let mapBytes = 0;
  if (header.type === 'S') {
    // Star marks them by the same letter and has its map elsewhere.
    if (!header.isGnu) return 'unknown';
    map = await readGnuMap(reader, block);
  } else if (text('GNU.sparse.major') === '1') {
    map = {
      sizeBytes: paxNumber(pax, 'GNU.sparse.realsize') ?? -1,
      pieces: await readMapInContent(reader, contentBytes),
    };
    mapBytes = reader.position - before;
  } else if (pax.has('GNU.sparse.map')) {
    map = { sizeBytes: sizeOf(pax), pieces: pairs(numbers(text('GNU.sparse.map'))) };
  } else if (pax.has('GNU.sparse.numblocks')) {
    const offsets = numbers(text('GNU.sparse.offset'));
    const lengths = numbers(text('GNU.sparse.numbytes'));
    if (offsets.length !== lengths.length) throw damaged();
    map = {
      sizeBytes: sizeOf(pax),
      pieces: pairs(offsets.flatMap((offset, at) => [offset, lengths[at] ?? -1])),
    };
  } else {
    return isSparse(pax) ? 'unknown' : null;
  }
  check(map, contentBytes - mapBytes);
  return { ...map, mapBytes };
}

const numbers = (text: string): number[] => (text === '' ? [] : text.split(',').map(Number));

/** The size that pax formats 0.0 and 0.1 name. */
const sizeOf = (pax: PaxRecords): number => paxNumber(pax, 'GNU.sparse.size') ?? -1;

/** GNU's keys say more than the name only where there are holes; `SUN.holesdata` is Solaris's map. */
const isSparse = (pax: PaxRecords): boolean =>
  pax.has('SUN.holesdata') ||
  [...pax.keys()].some((key) => key.startsWith('GNU.sparse.') && key !== 'GNU.sparse.name');

async function readGnuMap(reader: ByteReader, block: Buffer) {
  const numbers: (number | null)[] = [];
  const collect = (from: Buffer, start: number, count: number) => {
    for (let at = start; at < start + count * 24; at += 24) {
      if (from[at] !== 0 && from[at + 12] !== 0)
        numbers.push(readNumber(from, at, 12), readNumber(from, at + 12, 12));
    }
  };
  collect(block, 386, 4);
  let more = block[482] !== 0;
  while (more) {
    const extension = await reader.take(blockBytes);
    if (extension === null || numbers.length > maxPieces * 2) throw damaged();
    collect(extension, 0, 21);
    more = extension[504] !== 0;
  }
  return { sizeBytes: readNumber(block, 483, 12) ?? -1, pieces: pairs(numbers) };
}

/** Decimal numbers, one a line, in front of the content, padded to a whole block. */
async function readMapInContent(reader: ByteReader, contentBytes: number): Promise<SparsePiece[]> {
  let text = '';
  for (let used = 0; used < contentBytes; used += blockBytes) {
    const block = await reader.take(blockBytes);
    if (block === null || text.length > maxPieces * 40) throw damaged();
    text += block.toString('latin1');
    const lines = text.replace(/\0+$/, '').split('\n');
    const count = Number(lines[0]);
    if (!Number.isInteger(count) || count > maxPieces) throw damaged();
    if (lines.length > count * 2 + 1) return pairs(lines.slice(1, count * 2 + 1).map(Number));
  }
  throw damaged();
}

function pairs(numbers: readonly (number | null)[]): SparsePiece[] {
  const pieces: SparsePiece[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    pieces.push({ offset: numbers[at] ?? -1, bytes: numbers[at + 1] ?? -1 });
  }
  return pieces;
}

function check(
  { sizeBytes, pieces }: { sizeBytes: number; pieces: readonly SparsePiece[] },
  stored: number,
): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw damaged();
  let end = 0;
  let sum = 0;
  for (const { offset, bytes } of pieces) {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(bytes) || bytes < 0 || offset < end)
      throw damaged();
    end = offset + bytes;
    sum += bytes;
  }
  if (end > sizeBytes || sum !== stored) throw damaged();
}

const damaged = (): AppError =>
  new AppError('ARCHIVE_CORRUPT', 'the map of a sparse file in the tar is damaged');

// Given away again and again: as a part of something longer it cannot be freed.
const zeros = Buffer.alloc(256 * 1024 + 1).subarray(1);

/** The whole content, holes filled with zeros: as many bytes as any other file, and counted as such. */
export function fillHoles(stored: ByteReader, { pieces, sizeBytes }: SparseMap): Readable {
  async function* parts(): AsyncGenerator<Buffer, void> {
    let at = 0;
    for (const { offset, bytes } of [...pieces, { offset: sizeBytes, bytes: 0 }]) {
      for (; at < offset; at += Math.min(zeros.length, offset - at)) yield zeros.subarray(0, offset - at);
      if (bytes > 0) yield* stored.stream(bytes) as AsyncIterable<Buffer>;
      at += bytes;
    }
  }
  return Readable.from(parts(), { objectMode: false });
}
