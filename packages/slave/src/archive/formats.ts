import type { ArchiveFormat } from './archive-format.ts';
import { brotli, bzip2, gzip, lz4, lzma, unixCompress, xz, zstd } from './compressions.ts';
import { compressedFile } from './formats/compressed/compressed-file.ts';
import { compressedTar } from './formats/compressed/compressed-tar.ts';
import { rar, sevenZip } from './formats/seven-zip/seven-zip.ts';
import { createTar, gzipTar } from './formats/tar/create-tar.ts';
import { createZstdTar } from './formats/tar/create-zstd-tar.ts';
import { tar } from './formats/tar/tar.ts';
import { zip } from './formats/zip/zip.ts';

/** Every format, in the order in which they are tried: tars before bare files, uncertain signatures last. */
export const formats = {
  '7z': sevenZip,
  rar,
  'tar.gz': compressedTar(gzip, { create: createTar(gzipTar) }),
  'tar.bz2': compressedTar(bzip2),
  'tar.xz': compressedTar(xz),
  'tar.zst': compressedTar(zstd, { create: createZstdTar }),
  'tar.lz4': compressedTar(lz4),
  'tar.Z': compressedTar(unixCompress),
  gz: compressedFile(gzip),
  bz2: compressedFile(bzip2),
  xz: compressedFile(xz),
  zst: compressedFile(zstd),
  lz4: compressedFile(lz4),
  Z: compressedFile(unixCompress),
  tar,
  'tar.br': compressedTar(brotli),
  zip,
  'tar.lzma': compressedTar(lzma),
  lzma: compressedFile(lzma),
} satisfies Record<string, ArchiveFormat>;

export type FormatId = keyof typeof formats;

export const formatIds = Object.keys(formats) as FormatId[];
