import type { Work } from '@longshore/protocol';

/** What a task reads, summed up. */
export type SourceSum = {
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
  /** The name of the first file: of an extraction, the archive. */
  readonly firstPath: string;
};

const sevenZipSlackBytes = 1024 * 1024;
const bytesPerMember = 512;

/** Formats that cannot be read as a stream: a node that does not have the file itself copies it first. */
const needsCopy = /\.(7z|rar)$/i;

/**
 * How much temporary space a node needs for a part, in bytes, before it can begin; 0 for work that streams. Names may
 * lie: the node reserves by what the archive really is, and says `NO_SPACE` when that is more.
 */
export function tempNeed(work: Work, sources: SourceSum): number {
  switch (work.kind) {
    case 'create-archive':
      // Members are laid out, and the archive that is made of them may be as large.
      return work.format === '7z'
        ? sources.bytes * 2 + sources.entries * bytesPerMember + sevenZipSlackBytes
        : 0;
    case 'extract-archive':
      return sources.files > 1 || needsCopy.test(sources.firstPath) ? sources.bytes : 0;
    case 'join-archive':
    case 'check':
      return 0;
    default:
      return work satisfies never;
  }
}
