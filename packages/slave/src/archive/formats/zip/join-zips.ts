import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '@longshore/protocol';
import { endRecords, moveRecord } from '@longshore/runtime/zip';
import { createArchiveOutput } from '../../archive-output.ts';
import type { ByteSource } from '../../ports.ts';
import { findZipEnd } from './zip-end.ts';
import { recordBytes, recordLength, ZipRecordError } from './zip-record.ts';

/** So many are objects at a time, and nobody waits for more of them. */
const recordsPerTurn = 1000;

/**
 * Makes one zip of the entries of several, in their order: what stands in front of their directories behind each other,
 * then the directories with the offsets moved. Each is read from end to end, so that it is held against its checksum.
 * Resolves when the sink has taken all of it; the sink is destroyed when it fails. Throws `ARCHIVE_CORRUPT` or
 * `ARCHIVE_TRUNCATED` for what is no zip, and `PATH_INVALID` for an entry that comes twice.
 */
export async function joinZips(request: {
  pieces: readonly ByteSource[];
  sink: Writable;
  onRead: (bytes: number) => void;
  signal: AbortSignal;
}): Promise<void> {
  const { pieces, sink, onRead, signal } = request;
  const sinkDone = finished(sink, { readable: false });
  sinkDone.catch(() => undefined);
  const output = createArchiveOutput({ sink, signal, beforeEnd: () => undefined });
  const directories: Buffer[] = [];
  const names = new Set<string>();
  let entries = 0;
  try {
    for (const piece of pieces) {
      const { directoryStart, directoryEnd, shift } = await findZipEnd(piece, signal);
      const movedBy = output.position + shift;
      const kept: Buffer[] = [];
      let at = 0;
      for await (const chunk of piece.open(
        { start: 0, end: piece.sizeBytes },
        signal,
      ) as AsyncIterable<Buffer>) {
        const [from, to] = [directoryStart - at, directoryEnd - at].map((place) => Math.max(0, place));
        at += chunk.length;
        onRead(chunk.length);
        const records = chunk.subarray(from, to);
        if (records.length > 0) kept.push(records);
        await output.write(chunk.subarray(0, from));
      }
      let moved: Buffer[] = [];
      for (const record of recordsOf(Buffer.concat(kept))) {
        claimName(names, record);
        moved.push(moveRecord(record, movedBy));
        entries += 1;
        if (moved.length < recordsPerTurn) continue;
        directories.push(Buffer.concat(moved));
        moved = [];
        await nextTurn();
      }
      directories.push(Buffer.concat(moved));
    }
    const start = output.position;
    for (const directory of directories) await output.write(directory);
    await output.write(endRecords({ start, bytes: output.position - start, entries }));
    output.end();
    await sinkDone;
  } catch (error) {
    sink.destroy();
    signal.throwIfAborted();
    throw error;
  }
}

function* recordsOf(directory: Buffer): Generator<Buffer, void> {
  for (let at = 0; at < directory.length; ) {
    const length = lengthAt(directory, at);
    if (length === null)
      throw new AppError('ARCHIVE_CORRUPT', 'the directory of a piece ends within an entry');
    yield directory.subarray(at, at + length);
    at += length;
  }
}

function lengthAt(directory: Buffer, at: number): number | null {
  try {
    return recordLength(directory, at);
  } catch (error) {
    if (error instanceof ZipRecordError) throw new AppError('ARCHIVE_CORRUPT', error.message);
    throw error;
  }
}

function claimName(names: Set<string>, record: Buffer): void {
  const bytes = record.subarray(recordBytes, recordBytes + record.readUInt16LE(28));
  const name = bytes.toString('latin1');
  if (names.has(name)) throw new AppError('PATH_INVALID', `member "${bytes.toString()}" comes twice`);
  names.add(name);
}
