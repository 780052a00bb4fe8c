/** A stretch of input for a thread: bytes that come along, or a part of a file that the thread reads itself. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { WorkError } from './thread-work.ts';

/** A part of a file of this machine; `name` is what the file is called in messages. */
export type FilePart = {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly fileBytes: number;
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

function openFile({ path, name }: FilePart): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new WorkError('SOURCE_CHANGED', `"${name}" cannot be read any more`, error);
  }
}

const changed = (name: string) => new WorkError('SOURCE_CHANGED', `"${name}" was changed while it was read`);
