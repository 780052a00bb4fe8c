import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { EntrySink } from '../ports.ts';

export type Rejection = Parameters<EntrySink['reject']>[0];

/** A sink that keeps everything in memory and can be asked what it got. */
export type MemorySink = EntrySink & {
  readonly files: Map<string, Buffer>;
  readonly folders: Set<string>;
  readonly rejected: Rejection[];
  readonly storedIndices: Set<number>;
};

export function memorySink(): MemorySink {
  const files = new Map<string, Buffer>();
  const folders = new Set<string>();
  const rejected: Rejection[] = [];
  const storedIndices = new Set<number>();
  return {
    files,
    folders,
    rejected,
    storedIndices,
    isStored: (index) => storedIndices.has(index),
    async storeFolder({ path }) {
      folders.add(path);
    },
    async storeFile({ index, path }, content) {
      files.set(path, content instanceof Readable ? await buffer(content) : Buffer.from(content));
      storedIndices.add(index);
    },
    async copyFile({ index, path }, from) {
      files.set(path, files.get(from.path) ?? Buffer.from('missing'));
      storedIndices.add(index);
    },
    async reject(entry) {
      rejected.push(entry);
    },
  };
}
