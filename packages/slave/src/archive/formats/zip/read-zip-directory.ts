import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '@longshore/protocol';
import type { ByteSource } from '../../ports.ts';
import { readRange } from '../../read-range.ts';
import { readZipEnd, type ZipEnd } from './zip-end.ts';
import { parseRecord, recordLength, type ZipRecord, ZipRecordError } from './zip-record.ts';

const chunkBytes = 1024 * 1024;
const recordsPerTurn = 1000;
/** A directory up to this size is kept, so that reading it twice (names first) fetches it once. */
const keptBytes = 16 * 1024 * 1024;

export type ZipDirectory = { readonly end: ZipEnd; records(): AsyncGenerator<ZipRecord, void> };

/**
 * The central directory of a zip: the one reading of it that counts. Records come as they are read, a megabyte at
 * a time. Throws `ARCHIVE_CORRUPT` where it is damaged, or has another number of entries than it says.
 */
export async function readZipDirectory(source: ByteSource, signal: AbortSignal): Promise<ZipDirectory> {
  const end = await readZipEnd(source, signal);
  if (end.disks !== 1) {
    throw new AppError(
      'ARCHIVE_UNSUPPORTED',
      'this is the last volume of a split zip; give all of its volumes',
    );
  }
  const isKept = end.directoryEnd - end.directoryStart <= keptBytes;
  const kept = new Map<number, Buffer>();
  const readChunk = async (start: number): Promise<Buffer> => {
    const range = { start, end: Math.min(start + chunkBytes, end.directoryEnd) };
    const chunk = kept.get(start) ?? (await readRange(source, range, signal));
    if (isKept) kept.set(start, chunk);
    return chunk;
  };
  return { end, records: () => readRecords(end, readChunk) };
}

async function* readRecords(
  end: ZipEnd,
  readChunk: (start: number) => Promise<Buffer>,
): AsyncGenerator<ZipRecord, void> {
  let index = 0;
  let rest: Buffer = Buffer.alloc(0);
  for (let start = end.directoryStart; start < end.directoryEnd; start += chunkBytes) {
    const chunk = await readChunk(start);
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const length = lengthOrCorrupt(bytes, at);
      if (length === null) break;
      yield parseRecord(bytes, at, index, end.shift);
      index += 1;
      // A million records are read without anybody else having to wait for it.
      if (index % recordsPerTurn === 0) await nextTurn();
      at += length;
    }
    rest = bytes.subarray(at);
  }
  const counted = end.entriesWrap ? index % 65536 : index;
  if (counted !== end.entries || rest.length > 0) {
    throw new AppError(
      'ARCHIVE_CORRUPT',
      `the zip says it has ${end.entries} entries, its directory has ${index}`,
    );
  }
}

function lengthOrCorrupt(bytes: Buffer, at: number): number | null {
  try {
    return recordLength(bytes, at);
  } catch (error) {
    if (!(error instanceof ZipRecordError)) throw error;
    throw new AppError('ARCHIVE_CORRUPT', error.message);
  }
}
