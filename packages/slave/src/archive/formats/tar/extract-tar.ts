import type { ByteReader } from '../../byte-reader.ts';
import type { Extraction } from '../../extraction.ts';
import type { SafeEntry } from '../../ports.ts';
import { createSmallFileBatch } from '../../small-file-batch.ts';
import { readTar, type TarEntry, type TarRequest } from './read-tar.ts';
import { fillHoles } from './sparse-map.ts';

const smallBytes = 1024 * 1024;

/**
 * Extracts a tar in one pass over its stream. Small files are stored in batches, one batch on its way while the
 * next is read. When the stream breaks off, what was read whole is stored before the failure is thrown.
 */
export async function extractTar(
  reader: ByteReader,
  request: TarRequest,
  extraction: Extraction,
): Promise<void> {
  const batch = createSmallFileBatch(extraction);
  try {
    for await (const tarEntry of readTar(reader, request)) {
      const { entry, storedBytes, sparse, unsupported } = tarEntry;
      // A hard link is copied from its target, which must have been stored by then.
      if (entry.type === 'hardlink') await batch.flush();
      const admitted = await extraction.admit(entry);
      if (admitted === null) continue;
      if (unsupported !== null) {
        await extraction.reject(entry, 'ENTRY_UNSUPPORTED', `entry "${admitted.path}" ${unsupported}`);
      } else if (sparse !== null || storedBytes > smallBytes) {
        await batch.flush();
        await storeLarge(reader, admitted, tarEntry, extraction);
      } else {
        const content = reader.takeNow(storedBytes) ?? (await reader.take(storedBytes)) ?? Buffer.alloc(0);
        await batch.add({ entry: admitted, content });
      }
    }
  } finally {
    await batch.flush();
  }
}

async function storeLarge(
  reader: ByteReader,
  entry: SafeEntry,
  { storedBytes, sparse }: TarEntry,
  extraction: Extraction,
): Promise<void> {
  const content = sparse === null ? reader.stream(storedBytes) : fillHoles(reader, sparse);
  await extraction.storeStream(entry, [content], {
    sizeBytes: sparse?.sizeBytes ?? storedBytes,
    crc32: null,
  });
}
