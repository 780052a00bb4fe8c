import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ByteRange, ByteSource } from '../ports.ts';

export function localSource(path: string, sizeBytes = statSync(path).size): ByteSource {
  return {
    sizeBytes,
    localPath: path,
    sha256: null,
    open: ({ start, end }) =>
      end > start ? createReadStream(path, { start, end: end - 1 }) : Readable.from([]),
  };
}

/** Bytes in memory that must be asked for by range, as if they were elsewhere. Counts what was asked for. */
export function remoteSource(bytes: Buffer): ByteSource & { readonly requests: ByteRange[] } {
  const requests: ByteRange[] = [];
  return {
    sizeBytes: bytes.length,
    localPath: null,
    sha256: null,
    requests,
    open(range) {
      requests.push(range);
      const chunks = function* () {
        for (let at = range.start; at < range.end; at += 50_000)
          yield Uint8Array.from(bytes.subarray(at, Math.min(at + 50_000, range.end)));
      };
      return Readable.from(chunks(), { objectMode: false });
    },
  };
}
