import type { Duplex } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib';
import { AppError } from '@longshore/protocol';
import { DecodeCarefully } from './decode-stream.ts';
import { watchBzip2 } from './formats/compressed/damaged-bzip2-signature.ts';
import { decoderBuffers } from './formats/compressed/decoder-buffers.ts';
import { createGzipDecoder, gzipSignature } from './formats/compressed/gzip-decoder.ts';
import { createLz4Decoder, lz4LegacySignature, lz4Signature } from './formats/compressed/lz4-decoder.ts';
import { isLzmaHeader } from './formats/compressed/lzma-header.ts';
import { createLzwDecoder } from './formats/compressed/lzw-decoder.ts';
import { trailingNote } from './formats/compressed/trailing-bytes.ts';
import { zstdFrames, zstdSignature } from './formats/compressed/zstd-frames.ts';
import { createSevenZipDecoder } from './formats/seven-zip/create-seven-zip-decoder.ts';
import { freeInput } from './free-input.ts';
import type { SourceProbe } from './source-probe.ts';
import { startsWith } from './starts-with.ts';

export type DecoderOptions = {
  readonly signal: AbortSignal;
  /** For a program that decodes; null for no limit. */
  readonly maxCpuSeconds: number | null;
  /** Called for what is passed by because it does no harm. */
  readonly onNote: (what: string) => void;
  /** True for the second try, after `DecodeCarefully`. */
  readonly isCareful: boolean;
};

/** A compression of a single stream, which may hold a tar or just one file. */
export type Compression = {
  readonly extension: string;
  /** Extensions that mean a tar inside. */
  readonly tarExtensions: readonly string[];
  /** By the first bytes; by the name only where there is no signature. */
  mayBe(probe: Pick<SourceProbe, 'head' | 'frame' | 'name'>): boolean;
  /** Streams that decode one after the other; they fail with an archive's codes or a zlib error. */
  createDecoder(options: DecoderOptions): readonly [...Duplex[], Duplex];
  /** True for a failure that a careful decoder may not have. */
  needsCare?(error: unknown): boolean;
};

export const gzip: Compression = {
  extension: '.gz',
  tarExtensions: ['.tar.gz', '.tgz'],
  mayBe: ({ head }) => startsWith(head, gzipSignature),
  createDecoder: ({ onNote, isCareful }) => [
    isCareful ? createGzipDecoder(onNote) : freeInput(createGunzip(decoderBuffers)),
  ],
  // Where no member begins behind another Node's decoder also loses the end of that, or waits for more.
  needsCare: (error) =>
    error instanceof Error && /^(incorrect header check|unexpected end of file)$/.test(error.message),
};

export const bzip2: Compression = {
  extension: '.bz2',
  tarExtensions: ['.tar.bz2', '.tbz2', '.tbz'],
  mayBe: ({ head }) =>
    startsWith(head, [0x42, 0x5a, 0x68]) && (head[3] ?? 0) >= 0x31 && (head[3] ?? 0) <= 0x39,
  createDecoder: (options) => {
    const { onNote, isCareful } = options;
    const { stage, hasDamagedSignature } = watchBzip2();
    const onTrailingBytes = () => {
      if (hasDamagedSignature())
        throw new AppError('ARCHIVE_CORRUPT', 'a part of the compressed data has a damaged signature');
      // On several threads 7-Zip loses the last stream before bytes that are none.
      if (!isCareful) throw new DecodeCarefully();
      onNote(trailingNote);
    };
    return [stage, createSevenZipDecoder('bzip2', options, { onTrailingBytes, isSingleThreaded: isCareful })];
  },
};

export const xz: Compression = {
  extension: '.xz',
  tarExtensions: ['.tar.xz', '.txz'],
  mayBe: ({ head }) => startsWith(head, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
  createDecoder: (options) => [createSevenZipDecoder('xz', options)],
};

export const zstd: Compression = {
  extension: '.zst',
  tarExtensions: ['.tar.zst', '.tzst'],
  mayBe: ({ frame }) => startsWith(frame, zstdSignature),
  // Windows up to 128 MiB, what the zstd program itself allows without being told.
  createDecoder: () => [
    zstdFrames(),
    freeInput(createZstdDecompress({ ...decoderBuffers, params: { [constants.ZSTD_d_windowLogMax]: 27 } })),
  ],
};

export const lz4: Compression = {
  extension: '.lz4',
  tarExtensions: ['.tar.lz4', '.tlz4'],
  mayBe: ({ frame }) => startsWith(frame, lz4Signature) || startsWith(frame, lz4LegacySignature),
  createDecoder: ({ onNote }) => [createLz4Decoder(onNote)],
};

export const unixCompress: Compression = {
  extension: '.Z',
  tarExtensions: ['.tar.Z', '.taz'],
  mayBe: ({ head }) => startsWith(head, [0x1f, 0x9d]),
  createDecoder: () => [createLzwDecoder()],
};

/** What came before xz, by its first fields alone: it has no signature. */
export const lzma: Compression = {
  extension: '.lzma',
  tarExtensions: ['.tar.lzma', '.tlz'],
  mayBe: ({ head }) => isLzmaHeader(head),
  createDecoder: (options) => [createSevenZipDecoder('lzma', options)],
};

/** Brotli has no signature: it is tried where the name says so, and counts where a tar comes out. */
export const brotli: Compression = {
  extension: '.br',
  tarExtensions: ['.tar.br', '.tbr'],
  mayBe: ({ name }) => /\.(tar\.br|tbr)$/i.test(name),
  createDecoder: () => [freeInput(createBrotliDecompress(decoderBuffers))],
};
