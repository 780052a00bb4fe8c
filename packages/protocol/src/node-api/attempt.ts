import { z } from 'zod';
import { Count, PartId, TaskId } from '../ids.ts';
import { CreateFormat, Level } from '../task.ts';
import { ArchivePassword } from './archive-password.ts';
import { BlobAccess, OutputAccess, StoredBlob } from './blob-access.ts';

/** Names one try of a part on one node. `attempt` counts up with every lease and fences off the earlier ones. */
export const AttemptRef = z.object({ partId: PartId, attempt: z.int().min(1) });
export type AttemptRef = z.infer<typeof AttemptRef>;

/** What an attempt may consume at most. Enforced on what is really read and written. */
export const Limits = z.object({
  /** Bytes of all outputs together. */
  maxOutputBytes: Count,
  /** Entries of an archive that is extracted. */
  maxEntries: Count,
  /** Bytes of one extracted entry. */
  maxEntryBytes: Count,
  /** Produced bytes per byte of the archive. */
  maxRatio: z.number().min(1),
  /** Folders above an entry. */
  maxDepth: Count,
});
export type Limits = z.infer<typeof Limits>;

/** What to do, by kind. What to read comes as `SourcePage`, each file with a fresh ticket. */
export const Work = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('create-archive'),
    format: CreateFormat,
    level: Level,
    /** Encrypts the archive (AES-256). */
    password: ArchivePassword.nullable(),
    /** Of a piece that is joined with others: the sources `from` (included) to `to` (excluded) of the task. */
    sourceRange: z.object({ from: Count, to: Count }).optional(),
  }),
  /** One zip of the pieces that are the sources. */
  z.object({ kind: z.literal('join-archive') }),
  z.object({
    kind: z.literal('extract-archive'),
    /** Globs or exact paths inside the archive; empty means everything. */
    select: z.array(z.string().max(4096)).max(1000),
    onUnsafe: z.enum(['skip', 'fail']),
    encoding: z.string().max(32).nullable(),
    password: ArchivePassword.nullable(),
    /** The share of this part: entries `from` (included) to `to` (excluded), by their position in the archive. */
    entryRange: z.object({ from: Count, to: Count }).nullable(),
  }),
  /** Nothing: that work reaches the node and its end comes back is what is checked. */
  z.object({ kind: z.literal('check') }),
]);
export type Work = z.infer<typeof Work>;
export type WorkKind = Work['kind'];

/** One thing to read: a file or an empty folder to compress, or the archive to extract. */
export const Source = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('file'),
    /** Path inside the archive to create; the file name of an archive to extract. */
    path: z.string(),
    modifiedAtMs: z.int(),
    mode: Count,
    access: BlobAccess,
  }),
  z.object({ kind: z.literal('folder'), path: z.string(), modifiedAtMs: z.int(), mode: Count }),
]);
export type Source = z.infer<typeof Source>;

export const SourcePage = z.object({
  sources: z.array(Source).max(1000),
  /** Pass as `cursor` to get the next page; null on the last. */
  next: z.string().nullable(),
  totalBytes: Count,
  totalEntries: Count,
});
export type SourcePage = z.infer<typeof SourcePage>;

export const Attempt = AttemptRef.extend({
  taskId: TaskId,
  requestId: z.string().max(128),
  /** The step of a trace that this is part of, as W3C Trace Context writes it. */
  traceparent: z.string().max(64).nullable().default(null),
  work: Work,
  limits: Limits,
  output: OutputAccess,
  /** The first and only page, when there is little to read; null where it must be asked for. */
  sources: SourcePage.nullable().default(null),
  /** How long the node may run before its next heartbeat renews the lease. */
  leaseMs: Count,
});
export type Attempt = z.infer<typeof Attempt>;

/** Positions of the entries that earlier attempts of this part have stored; they need not be done again. */
export const StoredEntries = z.object({
  indices: z.array(Count),
  /** The blob of the one entry that was asked for by `index`, when it is a file; null otherwise. */
  file: StoredBlob.nullable().default(null),
});
export type StoredEntries = z.infer<typeof StoredEntries>;
