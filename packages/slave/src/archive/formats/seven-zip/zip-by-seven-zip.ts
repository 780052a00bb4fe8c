import { sevenZipArchive } from './seven-zip-archive.ts';

/** Zips that our own reader does not read: with PKWARE's strong encryption, or split into volumes. */
export const zipBySevenZip = sevenZipArchive({
  extension: '.zip',
  extensions: ['.zip'],
  detect: () => false,
});
