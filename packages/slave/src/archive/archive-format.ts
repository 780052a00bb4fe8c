import type { Writable } from 'node:stream';
import type { AppError } from '@longshore/protocol';
import type { ArchiveEntry } from './archive-entry.ts';
import type { CreateMeter } from './create-meter.ts';
import type { NameDecoder } from './encodings/create-name-decoder.ts';
import type { Extraction } from './extraction.ts';
import type { ArchiveMember, ByteSource, TempSpace } from './ports.ts';
import type { SourceProbe } from './source-probe.ts';
import type { ArchiveThreads } from './threads/archive-threads.ts';

/** One of the volumes of an archive that was split, with its file name. */
export type Volume = { readonly name: string; readonly source: ByteSource };

/** What reading an archive takes, for listing and for extraction. */
export type ReadRequest = {
  readonly source: ByteSource;
  /** The archive's file name: names the content of a bare .gz, and orders volumes. Never decides the format. */
  readonly name: string;
  /** All volumes in order when the archive is split, else empty; `source` is the first. */
  readonly volumes: readonly Volume[];
  readonly password: string | null;
  /** Reads names that are not marked as UTF-8. */
  readonly names: NameDecoder;
  readonly threads: ArchiveThreads;
  readonly tempSpace: TempSpace;
  /** Called while the archive is copied to temporary space, which happens only where the format forces it. */
  readonly onCopy: (copied: CopyProgress) => void;
  /** Called for what an archive should not have, but was passed by because no entry suffers from it. */
  readonly onNote: (what: string) => void;
  readonly signal: AbortSignal;
};

export type CopyProgress = { readonly bytesDone: number; readonly bytesTotal: number };

export type CreateProgress = {
  /** While it is `reading`, the members are only gathered; then they are counted once more. */
  readonly phase: 'reading' | 'working';
  readonly bytesDone: number;
  readonly entriesDone: number;
};

export type CreateRequest = {
  readonly members: AsyncIterable<ArchiveMember>;
  /** 1 (fast) to 9 (small). */
  readonly level: number;
  readonly password: string | null;
  readonly sink: Writable;
  readonly threads: ArchiveThreads;
  readonly tempSpace: TempSpace;
  readonly meter: CreateMeter;
  /** Called for a member that cannot be read whole any more and is therefore left out. */
  readonly onLost: (member: ArchiveMember, error: AppError) => void;
  /** Called when all members were dealt with and before the archive ends; throws when it shall not come to be. */
  readonly beforeEnd: () => void;
  readonly signal: AbortSignal;
};

/**
 * One archive format. A new one is a file that exports one of these and a line in `formats.ts`; the contract
 * suite in `test/archive` then runs over it.
 */
export type ArchiveFormat = {
  readonly extensions: readonly string[];
  /** By content alone. */
  detect(probe: SourceProbe): boolean | Promise<boolean>;
  /** Writes the whole archive to the sink and ends it. Absent where the format is only read. */
  readonly create?: (request: CreateRequest) => Promise<void>;
  /** True when `create` can encrypt. */
  readonly encrypts?: boolean;
  list(request: ReadRequest): AsyncIterable<ArchiveEntry>;
  /** Hands every entry to the extraction, which decides what becomes of it. */
  extract(request: ReadRequest, extraction: Extraction): Promise<void>;
};
