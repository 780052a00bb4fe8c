import { startsWith } from '../../starts-with.ts';
import { createSevenZip } from './create-seven-zip.ts';
import { rarSignature, sevenZipSignature } from './find-embedded.ts';
import { normaliseRar5 } from './normalise-rar5.ts';
import { findRarHeaders } from './rar-headers.ts';
import { sevenZipArchive } from './seven-zip-archive.ts';
import { findSevenZipHeaders } from './seven-zip-headers.ts';

/** 7z, read by 7-Zip itself. */
export const sevenZip = sevenZipArchive({
  extension: '.7z',
  create: createSevenZip,
  findHeaders: findSevenZipHeaders,
  encrypts: true,
  extensions: ['.7z'],
  detect: async ({ head, embedded }) =>
    startsWith(head, sevenZipSignature) || (await embedded())?.type === '7z',
});

/** RAR 1.5 to 7, read by 7-Zip. */
export const rar = sevenZipArchive({
  extension: '.rar',
  normalise: normaliseRar5,
  findHeaders: findRarHeaders,
  extensions: ['.rar'],
  detect: async ({ head, embedded }) =>
    startsWith(head, rarSignature) || ['rar', 'rar5'].includes((await embedded())?.type ?? ''),
});
