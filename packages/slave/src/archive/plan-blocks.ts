import { freeChunk } from '@longshore/runtime';
import type { EncodeBlock } from './threads/encode-block.ts';
import { type FilePart, type Segment, segmentLength, sliceSegment } from './threads/segment.ts';

/** A block of a stream to be encoded by itself, and the end of what stands before it. */
export type Block = Pick<EncodeBlock, 'literal' | 'parts' | 'dictionaryBytes' | 'isLast'>;

/**
 * Cuts a stream of segments into blocks of `blockBytes`; the last is smaller, and empty for an empty stream. A segment
 * of at least `wholeBytes` that came along is a block of its own, as it is: for blocks that nobody encodes. Bytes that
 * come along are given away: they are copied, and freed.
 */
export async function* planBlocks(
  stream: AsyncIterable<Segment> | Iterable<Segment>,
  options: { blockBytes: number; dictionaryBytes: number; wholeBytes?: number },
): AsyncGenerator<Block, void> {
  const { blockBytes, dictionaryBytes, wholeBytes = Infinity } = options;
  let dictionary: readonly Segment[] = [];
  let segments: Segment[] = [];
  let bytes = 0;
  /** What was cut up whole into the segments of this block and those before. */
  let used: Uint8Array[] = [];
  const takeBlock = (isLast: boolean): Block => {
    const block = assemble(dictionary, segments, isLast);
    dictionary = lastBytes(segments, dictionaryBytes);
    for (const chunk of used) freeChunk(chunk);
    segments = [];
    used = [];
    bytes = 0;
    return block;
  };
  for await (const segment of stream) {
    if ('bytes' in segment && segment.bytes.length >= wholeBytes) {
      if (bytes > 0) yield takeBlock(false);
      const { length } = segment.bytes;
      yield { literal: segment.bytes, parts: [length], dictionaryBytes: 0, isLast: false };
      continue;
    }
    let rest = segment;
    while (segmentLength(rest) > 0) {
      if (bytes === blockBytes) yield takeBlock(false);
      const fits = Math.min(segmentLength(rest), blockBytes - bytes);
      segments.push(sliceSegment(rest, 0, fits));
      bytes += fits;
      rest = sliceSegment(rest, fits, segmentLength(rest));
    }
    if ('bytes' in segment) used.push(segment.bytes);
  }
  yield takeBlock(true);
}

/** How much of a block, without its dictionary, is read from files of this machine. */
export function fileBytesOf({ parts, dictionaryBytes }: Pick<Block, 'parts' | 'dictionaryBytes'>): number {
  let before = dictionaryBytes;
  let bytes = 0;
  for (const part of parts) {
    const length = typeof part === 'number' ? part : part.end - part.start;
    if (typeof part !== 'number') bytes += Math.max(0, length - before);
    before = Math.max(0, before - length);
  }
  return bytes;
}

function lastBytes(segments: readonly Segment[], wanted: number): Segment[] {
  const kept: Segment[] = [];
  let left = wanted;
  for (let at = segments.length - 1; at >= 0 && left > 0; at -= 1) {
    const segment = segments[at] as Segment;
    const length = segmentLength(segment);
    const end = sliceSegment(segment, Math.max(0, length - left), length);
    kept.unshift('bytes' in end ? { bytes: Uint8Array.from(end.bytes) } : end);
    left -= length;
  }
  return kept;
}

/** All bytes that come along go into one buffer: it is cheap to give away, hundreds of small ones are not. */
function assemble(dictionary: readonly Segment[], segments: readonly Segment[], isLast: boolean): Block {
  const all = [...dictionary, ...segments];
  const sum = (of: readonly Segment[]) => of.reduce((bytes, segment) => bytes + segmentLength(segment), 0);
  const literals = all.filter((segment) => 'bytes' in segment);
  const literal = new Uint8Array(sum(literals));
  const parts: (number | FilePart)[] = [];
  let at = 0;
  for (const segment of all) {
    if (!('bytes' in segment)) {
      parts.push(segment);
      continue;
    }
    literal.set(segment.bytes, at);
    at += segment.bytes.length;
    const last = parts.at(-1);
    if (typeof last === 'number') parts[parts.length - 1] = last + segment.bytes.length;
    else parts.push(segment.bytes.length);
  }
  return { literal, parts, dictionaryBytes: sum(dictionary), isLast };
}
