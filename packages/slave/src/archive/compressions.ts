import type { Duplex } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { startsWith } from './source-probe.ts';

/** A compression of a single stream, which may hold a tar or just one file. */
export type Compression = {
  readonly extension: string;
  /** Extensions that mean a tar inside. */
  readonly tarExtensions: readonly string[];
  /** By the first bytes; by the name only where there is no signature. */
  mayBe(head: Uint8Array, name: string): boolean;
  /** A duplex that decodes a stream; it fails with ARCHIVE_CORRUPT or a zlib error. */
  createDecoder(signal: AbortSignal): Duplex;
};

const chunkSize = 1024 * 1024;

export const gzip: Compression = {
  extension: '.gz',
  tarExtensions: ['.tar.gz', '.tgz'],
  mayBe: (head) => startsWith(head, [0x1f, 0x8b, 8]),
  createDecoder: () => createGunzip({ chunkSize }),
};
