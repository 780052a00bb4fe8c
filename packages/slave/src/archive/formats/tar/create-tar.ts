import type { CreateRequest } from '../../archive-format.ts';
import { type ArchiveOutput, createArchiveOutput } from '../../archive-output.ts';
import { crc32Combine } from '../../crc32-combine.ts';
import { createOrderedLane } from '../../ordered-lane.ts';
import { planBlocks } from '../../plan-blocks.ts';
import { memberSegments, readAhead } from '../../read-ahead.ts';
import type { EncodedBlock } from '../../threads/encode-block.ts';
import type { Segment } from '../../threads/segment.ts';
import { padding, tarEnd, writeTarHeader } from './write-tar-header.ts';

/** How the stream of a tar is packed: the blocks, and what stands around them. */
export type TarPacking = {
  readonly codec: 'none' | 'deflate' | 'zstd';
  readonly blockBytes: number;
  readonly dictionaryBytes: number;
  readonly wholeBytes?: number;
  level(level: number): number;
  readonly head: Buffer;
  tail(crc32: number, bytes: number): Buffer;
};

/**
 * Makes a tar, packed or not: one stream of headers and contents, cut into blocks that are read and encoded on
 * the threads side by side and written in order.
 */
export const createTar =
  (packing: TarPacking) =>
  async (request: CreateRequest): Promise<void> => {
    const { threads, signal, onProgress } = request;
    const output: ArchiveOutput = createArchiveOutput(request.sink, signal);
    const share = threads.share();
    const lane = createOrderedLane(threads.size * 2 + 2);
    const level = packing.level(request.level);
    let crc32 = 0;
    let rawBytes = 0;
    let entriesDone = 0;
    let bytesDone = 0;

    async function* stream(): AsyncGenerator<Segment, void> {
      for await (const { member, content } of readAhead(request.members, signal)) {
        yield { bytes: writeTarHeader(member) };
        if (member.kind === 'file') {
          yield* memberSegments(member, content, signal);
          yield { bytes: padding(member.source.sizeBytes) };
          bytesDone += member.source.sizeBytes;
        }
        entriesDone += 1;
      }
      yield { bytes: tarEnd() };
    }

    await output.write(packing.head);
    for await (const block of planBlocks(stream(), packing)) {
      const progress = { bytesDone, entriesDone };
      const use = async (encoded: EncodedBlock) => {
        crc32 = crc32Combine(crc32, encoded.crc32, encoded.rawBytes);
        rawBytes += encoded.rawBytes;
        await output.write(encoded.bytes);
        onProgress(progress);
      };
      const begin = (): Promise<EncodedBlock> => {
        // A thread would only copy it, and keep twice the memory.
        if (packing.codec === 'none' && block.parts.every((part) => typeof part === 'number')) {
          return Promise.resolve({ bytes: block.literal, crc32: 0, rawBytes: block.literal.length });
        }
        const transfer = [block.literal.buffer as ArrayBuffer];
        return share.run('encodeBlock', { ...block, codec: packing.codec, level }, { signal, transfer });
      };
      await lane.push(begin, use);
    }
    await lane.drain();
    await output.write(packing.tail(crc32, rawBytes));
    output.end();
  };

const none = Buffer.alloc(0);

export const plainTar: TarPacking = {
  codec: 'none',
  blockBytes: 1024 * 1024,
  dictionaryBytes: 0,
  wholeBytes: 32 * 1024,
  level: () => 0,
  head: none,
  tail: () => none,
};

/** One gzip member (RFC 1952) without name and time, so that the same input makes the same bytes. */
export const gzipTar: TarPacking = {
  codec: 'deflate',
  blockBytes: 512 * 1024,
  dictionaryBytes: 32 * 1024,
  level: (level) => level,
  head: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
  tail: (crc32, bytes) => {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32, 0);
    trailer.writeUInt32LE(bytes % 0x100000000, 4);
    return trailer;
  },
};

/** Zstd frames one after the other (RFC 8878, 3.1), each with its checksum. */
export const zstdTar: TarPacking = {
  codec: 'zstd',
  blockBytes: 4 * 1024 * 1024,
  dictionaryBytes: 0,
  level: (level) => (level <= 6 ? Math.ceil(level / 2) : level * 2),
  head: none,
  tail: () => none,
};
