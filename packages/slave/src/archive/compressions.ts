import type { Duplex } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib';
import { createLz4Decoder } from './formats/compressed/lz4-decoder.ts';
import { createLzwDecoder } from './formats/compressed/lzw-decoder.ts';
import { createSevenZipDecoder } from './formats/seven-zip/create-seven-zip-decoder.ts';
import { startsWith } from './source-probe.ts';

/** A compression of a single stream, which may hold a tar or just one file. */
export type Compression = {
  readonly extension: string;
  /** Extensions that mean a tar inside. */
  readonly tarExtensions: readonly string[];
  /** By the first bytes; by the name only where there is no signature. */
  mayBe(head: Uint8Array, name: string): boolean;
  /** A duplex that decodes a stream; it fails with ARCHIVE_CORRUPT or a zlib error. */
  createDecoder(signal: AbortSignal): Duplex;
};

/** So much is decoded while the chunk before is written: a default of 16 KiB would make the two take turns. */
export const decoderBuffers = { chunkSize: 1024 * 1024, highWaterMark: 2 * 1024 * 1024 };

export const gzip: Compression = {
  extension: '.gz',
  tarExtensions: ['.tar.gz', '.tgz'],
  mayBe: (head) => startsWith(head, [0x1f, 0x8b, 8]),
  createDecoder: () => createGunzip(decoderBuffers),
};

export const bzip2: Compression = {
  extension: '.bz2',
  tarExtensions: ['.tar.bz2', '.tbz2', '.tbz'],
  mayBe: (head) => startsWith(head, [0x42, 0x5a, 0x68]) && (head[3] ?? 0) >= 0x31 && (head[3] ?? 0) <= 0x39,
  createDecoder: (signal) => createSevenZipDecoder('bzip2', signal),
};

export const xz: Compression = {
  extension: '.xz',
  tarExtensions: ['.tar.xz', '.txz'],
  mayBe: (head) => startsWith(head, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
  createDecoder: (signal) => createSevenZipDecoder('xz', signal),
};

export const zstd: Compression = {
  extension: '.zst',
  tarExtensions: ['.tar.zst', '.tzst'],
  // A frame, or a skippable frame as pzstd puts in front.
  mayBe: (head) =>
    startsWith(head, [0x28, 0xb5, 0x2f, 0xfd]) ||
    (startsWith(head, [0x2a, 0x4d, 0x18], 1) && ((head[0] ?? 0) & 0xf0) === 0x50),
  // Windows up to 128 MiB, what the zstd program itself allows without being told.
  createDecoder: () =>
    createZstdDecompress({ ...decoderBuffers, params: { [constants.ZSTD_d_windowLogMax]: 27 } }),
};

export const lz4: Compression = {
  extension: '.lz4',
  tarExtensions: ['.tar.lz4', '.tlz4'],
  mayBe: (head) => startsWith(head, [0x04, 0x22, 0x4d, 0x18]),
  createDecoder: () => createLz4Decoder(),
};

export const unixCompress: Compression = {
  extension: '.Z',
  tarExtensions: ['.tar.Z', '.taz'],
  mayBe: (head) => startsWith(head, [0x1f, 0x9d]),
  createDecoder: () => createLzwDecoder(),
};

/** Brotli has no signature: it is tried where the name says so, and counts where a tar comes out. */
export const brotli: Compression = {
  extension: '.br',
  tarExtensions: ['.tar.br', '.tbr'],
  mayBe: (_head, name) => /\.(tar\.br|tbr)$/i.test(name),
  createDecoder: () => createBrotliDecompress(decoderBuffers),
};
