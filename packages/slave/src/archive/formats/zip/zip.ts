import type { ArchiveFormat } from '../../archive-format.ts';
import { startsWith } from '../../source-probe.ts';
import { createZip } from './create-zip.ts';
import { extractZip } from './extract-zip.ts';
import { listZip } from './list-zip.ts';

/** Zip after PKWARE's APPNOTE.TXT 6.3.10, read by its central directory. */
export const zip: ArchiveFormat = {
  extensions: ['.zip'],
  async detect({ head, tail }) {
    if (startsWith(head, [0x50, 0x4b, 3, 4]) || startsWith(head, [0x50, 0x4b, 5, 6])) return true;
    // A self-extractor has a program in front; then only the end tells.
    const bytes = Buffer.from(await tail());
    const end = bytes.lastIndexOf('PK\x05\x06', bytes.length, 'latin1');
    return end !== -1 && end + 22 + bytes.readUInt16LE(end + 20) === bytes.length;
  },
  create: createZip,
  list: listZip,
  extract: extractZip,
};
