import type { ArchiveFormat, ReadRequest } from '../../archive-format.ts';
import { createByteReader } from '../../byte-reader.ts';
import type { Compression } from '../../compressions.ts';
import { decodeStream } from '../../decode-stream.ts';
import { extractTar } from '../tar/extract-tar.ts';
import { readTar } from '../tar/read-tar.ts';

/** A tar inside a compression, read in one pass. */
export function compressedTar(
  compression: Compression,
  writing: Pick<ArchiveFormat, 'create'> = {},
): ArchiveFormat {
  return {
    ...writing,
    extensions: compression.tarExtensions,
    detect: async (probe) =>
      compression.mayBe(probe) && !hasNoExtension(probe.name) && (await probe.hasTarInside(compression)),

    async *list(request) {
      const reader = createByteReader(decode(request, compression));
      for await (const { entry } of readTar(reader, request)) yield entry;
      await reader.drain();
    },

    async extract(request, extraction) {
      let decodedBytes = 0;
      const decoded = decode(request, compression, extraction.noteSourceBytes);
      const counted = async function* () {
        for await (const chunk of decoded) {
          decodedBytes += chunk.length;
          extraction.budget.checkDecoded(decodedBytes);
          yield chunk;
        }
      };
      const reader = createByteReader(counted());
      await extractTar(reader, request, extraction);
      // The checksum of the compressed stream stands at its end.
      await reader.drain();
    },
  };
}

/**
 * A compressed tar is a compressed file as well, and content cannot tell which is meant. It is read as a tar, but
 * for names like those of container layers and other stores, which have no extension at all.
 */
const hasNoExtension = (name: string): boolean => name !== '' && !/[^/]\.[^/]+$/.test(name);

const decode = (
  { source, signal, threads, onNote }: ReadRequest,
  compression: Compression,
  onSourceBytes?: (bytes: number) => void,
) =>
  decodeStream(source, compression, {
    signal,
    maxCpuSeconds: threads.maxCpuSeconds,
    onNote,
    ...(onSourceBytes === undefined ? {} : { onSourceBytes }),
  });
