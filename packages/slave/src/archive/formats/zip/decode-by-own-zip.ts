import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { directoryRecord, endRecords, localHeader } from '@longshore/runtime/zip';
import type { ReadRequest } from '../../archive-format.ts';
import { startSevenZip } from '../seven-zip/seven-zip-process.ts';
import type { ZipFile } from './zip-file.ts';

/**
 * Decodes an entry whose method 7-Zip knows only inside a zip: such a zip, with this entry alone, is put into
 * temporary space. It needs no more room than the entry takes in the archive.
 */
export async function decodeByOwnZip(
  file: ZipFile,
  packed: readonly [Readable, ...Duplex[]],
  { tempSpace, signal, threads }: ReadRequest,
): Promise<{ content: Readable; release(): Promise<void> }> {
  const { folder, release } = await tempSpace.reserve(file.compressedBytes + 1024);
  try {
    const path = join(folder, 'entry.zip');
    let bytes = 0;
    const data = pipeline(
      [
        ...packed,
        async function* count(chunks: AsyncIterable<Buffer>) {
          yield Buffer.alloc(0);
          for await (const chunk of chunks) {
            bytes += chunk.length;
            yield chunk;
          }
        },
        createWriteStream(path, { start: headerFor(file, 0).length }),
      ],
      { signal },
    );
    await data;
    const header = headerFor(file, bytes);
    await pipeline(Readable.from([header]), createWriteStream(path, { flags: 'r+', start: 0 }));
    const record = directoryRecord({ ...entryOf(file, bytes), headerOffset: 0 });
    const end = endRecords({ start: header.length + bytes, bytes: record.length, entries: 1 });
    const tail = createWriteStream(path, { flags: 'r+', start: header.length + bytes });
    await pipeline(Readable.from([Buffer.concat([record, end])]), tail);
    const child = startSevenZip(['x', '-so', '-bd', '-tzip', '--', path], {
      signal,
      maxCpuSeconds: threads.maxCpuSeconds,
    });
    const content = Readable.from(
      checked(child.stdout, file.hasCrc ? child.done : child.done.catch(() => undefined)),
      { objectMode: false },
    );
    return {
      content,
      async release() {
        child.kill();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Without a checksum to compare, 7-Zip complains of its absence; the encryption has then vouched for the bytes. */
async function* checked(output: Readable, done: Promise<unknown>): AsyncGenerator<Buffer, void> {
  yield* output as AsyncIterable<Buffer>;
  await done;
}

const entryOf = (file: ZipFile, compressedBytes: number) => ({
  nameBytes: Buffer.from('entry'),
  isFolder: false,
  mode: 0o600,
  modifiedAtMs: 0,
  // What the method needs to know of its options, without encryption and descriptor.
  flags: file.flags & 0x0006,
  method: file.method,
  crc32: file.crc32,
  compressedBytes,
  sizeBytes: file.sizeBytes,
  extra: Buffer.alloc(0),
});

const headerFor = (file: ZipFile, compressedBytes: number): Buffer =>
  localHeader(entryOf(file, compressedBytes), false);
