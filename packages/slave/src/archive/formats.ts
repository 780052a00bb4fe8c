import type { ArchiveFormat } from './archive-format.ts';
import { gzip } from './compressions.ts';
import { compressedFile } from './formats/compressed/compressed-file.ts';
import { compressedTar } from './formats/compressed/compressed-tar.ts';
import { createTar, gzipTar } from './formats/tar/create-tar.ts';
import { tar } from './formats/tar/tar.ts';
import { zip } from './formats/zip/zip.ts';

/** Every format, in the order in which they are tried: the surest signature first, tars before bare files. */
export const formats = {
  zip,
  'tar.gz': compressedTar(gzip, { create: createTar(gzipTar) }),
  gz: compressedFile(gzip),
  tar,
} satisfies Record<string, ArchiveFormat>;

export type FormatId = keyof typeof formats;

export const formatIds = Object.keys(formats) as FormatId[];
