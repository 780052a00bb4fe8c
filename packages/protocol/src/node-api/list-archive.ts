import { z } from 'zod';
import { Count } from '../ids.ts';
import { ArchivePassword } from './archive-password.ts';
import { BlobAccess } from './blob-access.ts';

/** One entry as an archive shows it. `path` may be unsafe to extract: then `unsafe` says why. */
export const ArchiveListEntry = z.object({
  index: Count,
  path: z.string(),
  type: z.enum(['file', 'folder', 'link', 'special']),
  sizeBytes: Count.nullable(),
  compressedBytes: Count.nullable(),
  modifiedAtMs: z.int().nullable(),
  encrypted: z.boolean(),
  unsafe: z.string().nullable(),
});
export type ArchiveListEntry = z.infer<typeof ArchiveListEntry>;

/** Master → slave: list an archive without extracting it. Reads only what the format needs for that. */
export const ListArchive = z.object({
  /** The archive; all volumes in order when it is split. */
  volumes: z
    .array(z.object({ name: z.string().max(255), access: BlobAccess }))
    .min(1)
    .max(1000),
  encoding: z.string().max(32).nullable(),
  password: ArchivePassword.nullable(),
  /** Entries to pass over, for paging; entries to answer at most. */
  offset: Count,
  limit: z.int().min(1).max(100_000),
  /** Only entries whose path contains this, ignoring case. */
  search: z.string().max(256).nullable(),
  /** Only entries that an extraction of these paths and globs would take; empty means all. */
  select: z.array(z.string().max(4096)).max(1000).default([]),
});
export type ListArchive = z.infer<typeof ListArchive>;

export const ArchiveListing = z.object({
  format: z.string(),
  /** The name encoding that was used, detected unless chosen; null where the format says UTF-8. */
  encoding: z.string().nullable(),
  /** How sure a detected encoding is: 0 (a guess) to 1 (nothing else fits). Null unless it was detected. */
  encodingConfidence: z.number().min(0).max(1).nullable().default(null),
  entries: z.array(ArchiveListEntry),
  /** Offset of the next page, or null on the last. */
  next: Count.nullable(),
  /** All entries of the archive that match; null where counting would mean reading everything. */
  total: Count.nullable(),
  /** True when a large extraction of this format can be shared between nodes by entries. */
  splittable: z.boolean(),
});
export type ArchiveListing = z.infer<typeof ArchiveListing>;
