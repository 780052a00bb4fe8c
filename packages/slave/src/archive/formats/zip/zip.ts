import type { ArchiveFormat } from '../../archive-format.ts';
import { startsWith } from '../../starts-with.ts';
import { zipBySevenZip } from '../seven-zip/zip-by-seven-zip.ts';
import { createZip } from './create-zip.ts';
import { extractZip } from './extract-zip.ts';
import { listZip } from './list-zip.ts';
import { hasZipDirectory, hasZipEnd } from './zip-end.ts';

/** A local header, the end of an empty zip, and the mark of a split one. */
const signatures = [
  [0x50, 0x4b, 3, 4],
  [0x50, 0x4b, 5, 6],
  [0x50, 0x4b, 7, 8],
];

/** Zip after PKWARE's APPNOTE.TXT 6.3.10, read by its central directory. */
export const zip: ArchiveFormat = {
  extensions: ['.zip'],
  async detect({ head, tail, source, signal }) {
    if (signatures.some((signature) => startsWith(head, signature))) return true;
    // With a program or anything else in front only the end tells, and something may stand behind that as well.
    return hasZipEnd(Buffer.from(await tail())) || (await hasZipDirectory(source, signal));
  },
  create: createZip,
  encrypts: true,
  list: (request) => (request.volumes.length > 1 ? zipBySevenZip.list(request) : listZip(request)),
  extract: (request, extraction) =>
    request.volumes.length > 1 ? zipBySevenZip.extract(request, extraction) : extractZip(request, extraction),
};
