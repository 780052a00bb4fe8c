import type { Transform } from 'node:stream';
import { createInflateRaw, createZstdDecompress } from 'node:zlib';
import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import type { Extraction } from '../../extraction.ts';
import { openRange } from '../../open-range.ts';
import { readRange } from '../../read-range.ts';
import { checkLocalHeader, localHeaderBytes } from './local-header.ts';
import { refuse, type ZipFile } from './zip-file.ts';

const chunkSize = 1024 * 1024;

/** Streams one entry of any size from the archive through its decoder into the sink. */
export async function extractLargeEntry(
  file: ZipFile,
  { request, extraction }: { request: ReadRequest; extraction: Extraction },
): Promise<void> {
  const { source, signal } = request;
  const start = file.headerOffset;
  const end = Math.min(file.limit, start + localHeaderBytes + file.nameLength);
  const header = await readRange(source, { start, end }, signal);
  const dataStart = checkLocalHeader(header, start, file);
  if (typeof dataStart === 'string') {
    await refuse(extraction, file, new AppError('ENTRY_CORRUPT', dataStart));
    return;
  }
  const from = start + dataStart;
  const packed = openRange(source, { start: from, end: from + file.compressedBytes }, signal);
  const decoders: Transform[] =
    file.method === 8
      ? [createInflateRaw({ chunkSize })]
      : file.method === 93
        ? [createZstdDecompress({ chunkSize })]
        : [];
  await extraction.storeStream(file.entry, [packed, ...decoders], file);
}
