/**
 * Gzip (RFC 1952), member by member. Node's own decoder is faster where there are thousands of them, but gives up on
 * bytes behind the last one, which gzip passes by.
 */
import { Duplex } from 'node:stream';
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { AppError } from '@longshore/protocol';
import { type ByteReader, createByteReader } from '../../byte-reader.ts';
import { decoderBuffers } from './decoder-buffers.ts';
import { passTrailingBytes } from './trailing-bytes.ts';

export const gzipSignature = [0x1f, 0x8b, 8];
const flagHeaderCrc = 2;
const flagExtra = 4;
const flagName = 8;
const flagComment = 16;
const flagsUnknown = 0xe0;
const chunkSize = 256 * 1024;

export function createGzipDecoder(onNote: (what: string) => void): Duplex {
  return Duplex.from(async function* (source: AsyncIterable<Buffer>) {
    const reader = createByteReader(source);
    for (let members = 0; ; members += 1) {
      const found = await reader.peek(gzipSignature.length);
      if (members > 0) {
        if (found.length === 0) return;
        if (!found.equals(Buffer.from(gzipSignature))) {
          passTrailingBytes(found, [gzipSignature], onNote);
          return;
        }
      }
      await skipHeader(reader);
      let checksum = 0;
      let bytes = 0;
      const inflate = createInflateRaw({ ...decoderBuffers, chunkSize });
      for await (const chunk of inflateOne(reader, inflate)) {
        checksum = crc32(chunk, checksum);
        bytes += chunk.length;
        yield chunk;
      }
      const trailer = await reader.need(8);
      if (trailer.readUInt32LE(0) !== checksum || trailer.readUInt32LE(4) !== bytes % 2 ** 32) {
        throw new AppError('ARCHIVE_CORRUPT', 'the checksum or size of the compressed data is wrong');
      }
    }
  });
}

async function skipHeader(reader: ByteReader): Promise<void> {
  let checksum = 0;
  const take = async (length: number): Promise<Buffer> => {
    const bytes = await reader.need(length);
    checksum = crc32(bytes, checksum);
    return bytes;
  };
  const flags = (await take(10))[3] ?? 0;
  if ((flags & flagsUnknown) !== 0) throw damagedHeader();
  if ((flags & flagExtra) !== 0) await take((await take(2)).readUInt16LE(0));
  for (const flag of [flagName, flagComment]) {
    let left = (flags & flag) !== 0;
    while (left) {
      const some = await reader.peek(256);
      const end = some.indexOf(0);
      await take(end === -1 ? Math.max(1, some.length) : end + 1);
      left = end === -1;
    }
  }
  if ((flags & flagHeaderCrc) === 0) return;
  const expected = checksum & 0xffff;
  if ((await reader.need(2)).readUInt16LE(0) !== expected) throw damagedHeader();
}

/** Inflates up to the end that the data itself has, and leaves what follows it to the reader. */
async function* inflateOne(reader: ByteReader, inflate: InflateRaw): AsyncGenerator<Buffer, void> {
  let last: Buffer = Buffer.alloc(0);
  let taken = 0;
  const isDone = () => inflate.destroyed || inflate.readableEnded || inflate.bytesWritten < taken;
  const feed = async (): Promise<void> => {
    while (!isDone()) {
      const some = await reader.takeSome();
      if (some === null) {
        inflate.end();
        return;
      }
      last = some;
      taken += some.length;
      // It calls back without having taken all where its data has ended, and is closed then.
      await new Promise<void>((written) => void inflate.write(some, () => written()));
    }
  };
  const fed = feed().catch((error: unknown) => {
    inflate.destroy(error instanceof Error ? error : new Error('stopped', { cause: error }));
  });
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
  } finally {
    inflate.destroy();
  }
  await fed;
  reader.putBack(last.subarray(last.length - (taken - inflate.bytesWritten)));
}

const damagedHeader = () => new AppError('ARCHIVE_CORRUPT', 'the header of the compressed data is damaged');
