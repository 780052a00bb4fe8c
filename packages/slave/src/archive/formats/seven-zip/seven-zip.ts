import { startsWith } from '../../starts-with.ts';
import { createSevenZip } from './create-seven-zip.ts';
import { normaliseRar5 } from './normalise-rar5.ts';
import { sevenZipArchive } from './seven-zip-archive.ts';

/** 7z, read by 7-Zip itself. */
export const sevenZip = sevenZipArchive({
  extension: '.7z',
  create: createSevenZip,
  encrypts: true,
  extensions: ['.7z'],
  detect: ({ head }) => startsWith(head, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]),
});

/** RAR 1.5 to 7, read by 7-Zip. */
export const rar = sevenZipArchive({
  extension: '.rar',
  normalise: normaliseRar5,
  extensions: ['.rar'],
  detect: ({ head }) => startsWith(head, [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]),
});
