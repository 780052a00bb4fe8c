import type { Duplex, Readable } from 'node:stream';
import { createInflateRaw, createZstdDecompress } from 'node:zlib';
import { AppError } from '@longshore/protocol';
import type { ReadRequest } from '../../archive-format.ts';
import { freeInput } from '../../free-input.ts';
import { openRange } from '../../open-range.ts';
import { readRange } from '../../read-range.ts';
import { decoderBuffers } from '../compressed/decoder-buffers.ts';
import { createSevenZipDecoder } from '../seven-zip/create-seven-zip-decoder.ts';
import { createDecryption } from './create-decryption.ts';
import { decodeByOwnZip } from './decode-by-own-zip.ts';
import { encryptionBytes, openEncrypted, wrongPassword } from './decrypt-entry.ts';
import type { EntryDecoding } from './entry-decoding.ts';
import type { ZipContext } from './extract-stretch.ts';
import { checkLocalHeader, localHeaderBytes } from './local-header.ts';
import { createLzmaHeader } from './lzma-header.ts';
import { refuse, type ZipFile } from './zip-file.ts';

/** Streams one entry of any size from the archive through its decoders into the sink. */
export async function extractLargeEntry(
  { file, decoding }: { file: ZipFile; decoding: EntryDecoding },
  { request, extraction, passwordCheck }: ZipContext,
): Promise<void> {
  const packed = await openPacked(file, request);
  if (typeof packed === 'string') {
    passwordCheck.note(file, false);
    await refuse(extraction, file, new AppError('ENTRY_CORRUPT', packed));
    return;
  }
  const declared = { sizeBytes: file.sizeBytes, crc32: file.hasCrc ? file.crc32 : null };
  if (decoding === 'zip') {
    const own = await decodeByOwnZip(file, packed, request);
    try {
      passwordCheck.note(file, await extraction.storeStream(file.entry, [own.content], declared));
    } finally {
      await own.release();
    }
    return;
  }
  const stages: [Readable, ...Duplex[]] = [...packed, ...decoders(file, decoding, request)];
  passwordCheck.note(file, await extraction.storeStream(file.entry, stages, declared));
}

/** The entry's bytes as a stream, decrypted where they are encrypted, or why there are none. */
async function openPacked(file: ZipFile, request: ReadRequest): Promise<[Readable, ...Duplex[]] | string> {
  const { source, signal, password } = request;
  const start = file.headerOffset;
  const headerEnd = Math.min(file.limit, start + localHeaderBytes + file.nameLength);
  const dataStart = checkLocalHeader(await readRange(source, { start, end: headerEnd }, signal), start, file);
  if (typeof dataStart === 'string') return dataStart;
  const from = start + dataStart;
  const end = from + file.compressedBytes;
  if (file.encryption === null) return [openRange(source, { start: from, end }, signal)];

  const { before, after } = encryptionBytes(file.encryption);
  if (file.compressedBytes < before + after) return 'is too short to be encrypted';
  const inFront = await readRange(source, { start: from, end: from + before }, signal);
  const mac = await readRange(source, { start: end - after, end }, signal);
  const opened = openEncrypted(file.encryption, password ?? '', inFront);
  if (opened === null) return wrongPassword;
  const encrypted = openRange(source, { start: from + before, end: end - after }, signal);
  return [encrypted, createDecryption(opened, mac, file.entry.path)];
}

function decoders(
  file: ZipFile,
  decoding: Exclude<EntryDecoding, 'zip'>,
  { signal, threads: { maxCpuSeconds } }: ReadRequest,
): Duplex[] {
  switch (decoding) {
    case 'thread': {
      if (file.method === 0) return [];
      const decoder =
        file.method === 8 ? createInflateRaw(decoderBuffers) : createZstdDecompress(decoderBuffers);
      return [freeInput(decoder)];
    }
    case 'lzma':
      return [createLzmaHeader(file), createSevenZipDecoder('lzma', { signal, maxCpuSeconds })];
    case 'bzip2':
    case 'xz':
      return [createSevenZipDecoder(decoding, { signal, maxCpuSeconds })];
    default:
      return decoding satisfies never;
  }
}
