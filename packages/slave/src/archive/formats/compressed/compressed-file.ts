import { Readable } from 'node:stream';
import type { ArchiveEntry } from '../../archive-entry.ts';
import type { ArchiveFormat } from '../../archive-format.ts';
import type { Compression } from '../../compressions.ts';
import { decodeStream } from '../../decode-stream.ts';

/** A single file inside a compression: an archive of one entry, named after the archive. */
export function compressedFile(compression: Compression): ArchiveFormat {
  return {
    extensions: [compression.extension],
    detect: (probe) => compression.mayBe(probe),
    async *list({ name, source }) {
      yield describe(name, compression, source.sizeBytes);
    },
    async extract({ name, source, signal, threads, onNote }, extraction) {
      const admitted = await extraction.admit(describe(name, compression, source.sizeBytes));
      if (admitted === null) return;
      const decoded = decodeStream(source, compression, {
        signal,
        maxCpuSeconds: threads.maxCpuSeconds,
        onNote,
        onSourceBytes: extraction.noteSourceBytes,
      });
      const content = Readable.from(decoded, { objectMode: false, highWaterMark: 1024 * 1024 });
      await extraction.storeStream(admitted, [content], { sizeBytes: null, crc32: null });
    },
  };
}

function describe(archiveName: string, { extension }: Compression, sizeBytes: number): ArchiveEntry {
  const baseName = archiveName.slice(archiveName.lastIndexOf('/') + 1);
  const isNamed = baseName.toLowerCase().endsWith(extension) && baseName.length > extension.length;
  return {
    index: 0,
    name: isNamed ? baseName.slice(0, -extension.length) : `${baseName || 'archive'}.unpacked`,
    type: 'file',
    sizeBytes: null,
    compressedBytes: sizeBytes,
    modifiedAtMs: null,
    mode: null,
    encrypted: false,
    crc32: null,
    linkTarget: null,
  };
}
