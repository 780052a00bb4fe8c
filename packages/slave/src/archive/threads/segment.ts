/** A stretch of input for a thread: bytes that come along, or a part of a file that the thread reads itself. */
import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { WorkError } from './thread-work.ts';

/** A part of a file of this machine; `name` is what the file is called in messages. */
export type FilePart = {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly fileBytes: number;
  /** Of the whole file; null when nobody knows. */
  readonly sha256: string | null;
  readonly name: string;
};

export type Segment = { readonly bytes: Uint8Array } | FilePart;

export const segmentLength = (segment: Segment): number =>
  'bytes' in segment ? segment.bytes.length : segment.end - segment.start;

/** The part of a segment from `start` to `end`, counted from its beginning. */
export const sliceSegment = (segment: Segment, start: number, end: number): Segment =>
  'bytes' in segment
    ? { bytes: segment.bytes.subarray(start, end) }
    : { ...segment, start: segment.start + start, end: segment.start + end };

/** Reads a part of a file into `target`. Throws `SOURCE_CHANGED` when the file is not as long as it was. */
export function readFilePart(part: FilePart, target: Buffer, at: number): void {
  const file = openFile(part);
  try {
    if (fstatSync(file).size !== part.fileBytes) throw changed(part.name);
    const length = part.end - part.start;
    for (let done = 0; done < length; ) {
      const read = readSync(file, target, at + done, length - done, part.start + done);
      if (read === 0) throw changed(part.name);
      done += read;
    }
  } finally {
    closeSync(file);
  }
}

/** Reads a whole file into `target`. Throws also `BLOB_CORRUPT`, when its bytes are others than they were. */
export function readWholeFile(part: FilePart, target: Buffer, at: number): void {
  readFilePart(part, target, at);
  if (part.sha256 === null) return;
  if (hash('sha256', target.subarray(at, at + part.fileBytes)) === part.sha256) return;
  throw new WorkError('BLOB_CORRUPT', `"${part.name}" does not have the checksum it was stored with`);
}

function openFile({ path, name }: FilePart): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isGone) throw new WorkError('SOURCE_CHANGED', `"${name}" was deleted while it was read`, error);
    throw new WorkError('STORAGE_FAILED', `"${name}" cannot be read: ${String(error)}`, error);
  }
}

const changed = (name: string) => new WorkError('SOURCE_CHANGED', `"${name}" was changed while it was read`);
