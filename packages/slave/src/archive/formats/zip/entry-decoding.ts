/**
 * How each compression method of zip (APPNOTE.TXT 4.4.5) is decoded: on a thread or as a stream by Node's zlib,
 * as a stream by 7-Zip, or by 7-Zip from a zip of its own with just this entry, for methods that have no stream.
 */
export type EntryDecoding = 'thread' | 'bzip2' | 'lzma' | 'xz' | 'zip';

const decodings: Readonly<Record<number, EntryDecoding>> = {
  0: 'thread',
  1: 'zip', // shrink
  6: 'zip', // implode
  8: 'thread',
  9: 'zip', // Deflate64
  12: 'bzip2',
  14: 'lzma',
  93: 'thread', // zstd
  95: 'xz',
  98: 'zip', // PPMd
};

/** Null for a method that nothing here decodes. */
export const entryDecoding = ({ method }: { method: number }): EntryDecoding | null =>
  decodings[method] ?? null;
