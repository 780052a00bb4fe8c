import type { ArchiveFormat, ReadRequest } from '../../archive-format.ts';
import { type ByteReader, createByteReader } from '../../byte-reader.ts';
import { openRange } from '../../open-range.ts';
import { createTar, plainTar } from './create-tar.ts';
import { extractTar } from './extract-tar.ts';
import { readTar } from './read-tar.ts';
import { isEmptyTar, isTarHeader } from './tar-header.ts';

/** Tar: V7, ustar, pax and GNU, with sparse files. */
export const tar: ArchiveFormat = {
  extensions: ['.tar'],
  detect: ({ head, source }) => isTarHeader(head) || (head.length === source.sizeBytes && isEmptyTar(head)),
  create: createTar(plainTar),
  async *list(request) {
    for await (const { entry } of readTar(openReader(request), request)) yield entry;
  },
  async extract(request, extraction) {
    const reader = openReader(request, extraction.noteSourceBytes);
    await extractTar(reader, request, extraction);
  },
};

function openReader(
  { source, signal }: ReadRequest,
  onSourceBytes: (bytes: number) => void = () => undefined,
): ByteReader {
  const { sizeBytes } = source;
  async function* openAt(start: number): AsyncGenerator<Buffer, void> {
    const stream = openRange(source, { start, end: sizeBytes }, signal);
    let position = start;
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        position += chunk.length;
        onSourceBytes(position);
        yield chunk;
      }
    } finally {
      stream.destroy();
    }
  }
  return createByteReader(openAt(0), { sizeBytes, openAt });
}
