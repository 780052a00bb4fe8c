import type { CreateRequest } from '../../archive-format.ts';
import { type ArchiveOutput, createArchiveOutput } from '../../archive-output.ts';
import { crc32Combine } from '../../crc32-combine.ts';
import { createOrderedLane } from '../../ordered-lane.ts';
import { fileBytesOf, planBlocks } from '../../plan-blocks.ts';
import { readAhead } from '../../read-ahead.ts';
import { readSmallFiles } from '../../read-small-files.ts';
import type { ThreadShare } from '../../threads/archive-threads.ts';
import type { EncodedBlock } from '../../threads/encode-block.ts';
import type { Segment } from '../../threads/segment.ts';
import { largeMember } from './large-member.ts';
import { padding, tarEnd, tarMember, writeTarHeader } from './write-tar-header.ts';

/** How the stream of a tar is packed in blocks that know nothing of each other, and what stands around them. */
export type BlockPacking = {
  readonly codec: 'none' | 'deflate';
  readonly blockBytes: number;
  readonly dictionaryBytes: number;
  readonly wholeBytes?: number;
  readonly head: Buffer;
  tail(crc32: number, bytes: number): Buffer;
};

/** Makes a tar, packed or not: blocks are read and encoded on the threads side by side and written in order. */
export const createTar =
  (packing: BlockPacking) =>
  async (request: CreateRequest): Promise<void> => {
    const { threads, signal, level, meter } = request;
    const output: ArchiveOutput = createArchiveOutput(request);
    const share = threads.share();
    const lane = createOrderedLane(threads.size * 2 + 2);
    let crc32 = 0;
    let rawBytes = 0;

    await output.write(packing.head);
    const segments = tarSegments(request, share);
    for await (const block of planBlocks(segments, packing)) {
      const fileBytes = fileBytesOf(block);
      const use = async (encoded: EncodedBlock) => {
        crc32 = crc32Combine(crc32, encoded.crc32, encoded.rawBytes);
        rawBytes += encoded.rawBytes;
        await output.write(encoded.bytes);
        meter.read(fileBytes);
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

/** Headers and contents, one after the other. */
async function* tarSegments(request: CreateRequest, share: ThreadShare): AsyncGenerator<Segment, void> {
  const { signal, meter, onLost } = request;
  const prepared = readSmallFiles(readAhead(request), { share, signal, meter, onLost });
  for await (const { member, content } of prepared) {
    const isLarge = member.kind === 'file' && content === null && member.source.sizeBytes > 0;
    yield { bytes: writeTarHeader(tarMember(member)) };
    if (content !== null) yield { bytes: content };
    if (isLarge) yield* largeMember(member, { signal, reading: meter.member() });
    if (member.kind === 'file') yield { bytes: padding(member.source.sizeBytes) };
    meter.entries(1);
  }
  yield { bytes: tarEnd() };
}

const none = Buffer.alloc(0);

export const plainTar: BlockPacking = {
  codec: 'none',
  blockBytes: 1024 * 1024,
  dictionaryBytes: 0,
  wholeBytes: 32 * 1024,
  head: none,
  tail: () => none,
};

/** One gzip member (RFC 1952) without name and time, so that the same input makes the same bytes. */
export const gzipTar: BlockPacking = {
  codec: 'deflate',
  blockBytes: 512 * 1024,
  dictionaryBytes: 32 * 1024,
  head: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
  tail: (crc32, bytes) => {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32, 0);
    trailer.writeUInt32LE(bytes % 0x100000000, 4);
    return trailer;
  },
};
