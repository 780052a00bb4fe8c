import { Readable } from 'node:stream';
import { freeChunk } from '@longshore/runtime';
import type { EntrySink } from '../ports.ts';

export type Rejection = Parameters<EntrySink['reject']>[0];

/** A sink that keeps everything in memory and can be asked what it got. */
export type MemorySink = EntrySink & {
  readonly files: Map<string, Buffer>;
  readonly folders: Set<string>;
  readonly rejected: Rejection[];
  readonly storedIndices: Set<number>;
  /** Bytes that were handed over, those of files that failed included. */
  readonly received: { bytes: number };
  /** Files that are being stored at this moment. */
  readonly underWay: Set<string>;
};

export function memorySink(): MemorySink {
  const files = new Map<string, Buffer>();
  const folders = new Set<string>();
  const rejected: Rejection[] = [];
  const storedIndices = new Set<number>();
  const received = { bytes: 0 };
  const underWay = new Set<string>();

  async function take(content: Uint8Array | Readable): Promise<Buffer> {
    const chunks: Buffer[] = [];
    if (!(content instanceof Readable)) {
      received.bytes += content.length;
      return Buffer.from(content);
    }
    for await (const chunk of content) {
      received.bytes += (chunk as Buffer).length;
      chunks.push(Buffer.from(chunk as Buffer));
      // As a slave does: whoever looks at it again does not find it.
      freeChunk(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  }

  return {
    files,
    folders,
    rejected,
    storedIndices,
    received,
    underWay,
    isStored: (index) => storedIndices.has(index),
    async storeFolder({ path }) {
      folders.add(path);
    },
    async storeFile({ index, path }, content) {
      underWay.add(path);
      try {
        files.set(path, await take(content));
        storedIndices.add(index);
      } finally {
        underWay.delete(path);
      }
    },
    async copyFile({ index, path }, from) {
      const content = files.get(from.path);
      if (content === undefined) throw new Error(`a copy of "${from.path}", which was never stored`);
      files.set(path, content);
      storedIndices.add(index);
      return { sizeBytes: content.length };
    },
    async reject(entry) {
      rejected.push(entry);
    },
  };
}
