import { Transform } from 'node:stream';
import { AppError } from '@longshore/protocol';
import type { ZipFile } from './zip-file.ts';

const zipHeaderBytes = 9;
const flagEndMarker = 0x0002;

/**
 * LZMA in a zip has a version and the length of its properties in front (APPNOTE.TXT 5.8.8); an .lzma file has
 * the properties and the size. Turns the first into the second, which 7-Zip reads as a stream.
 */
export function createLzmaHeader({ flags, sizeBytes, entry }: ZipFile): Transform {
  let head: Buffer | null = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (head === null) return done(null, chunk);
      head = Buffer.concat([head, chunk]);
      if (head.length < zipHeaderBytes) return done();
      if (head.readUInt16LE(2) !== 5) {
        return done(new AppError('ENTRY_CORRUPT', `"${entry.path}" has no valid LZMA properties`));
      }
      const size = Buffer.alloc(8);
      size.writeBigInt64LE((flags & flagEndMarker) !== 0 ? -1n : BigInt(sizeBytes));
      // 7-Zip takes a file for LZMA only with a usual dictionary size; a larger one decodes the same.
      const properties = Buffer.from(head.subarray(4, zipHeaderBytes));
      const dictionaryBytes = Math.max(4096, properties.readUInt32LE(1));
      properties.writeUInt32LE(Math.min(2 ** Math.ceil(Math.log2(dictionaryBytes)), 0xffffffff), 1);
      const bytes = Buffer.concat([properties, size, head.subarray(zipHeaderBytes)]);
      head = null;
      done(null, bytes);
    },
  });
}
