import { Count, ErrorInfo } from '@longshore/protocol';
import { z } from 'zod';

/** What `put` and `get` have done. */
export const TransferReport = z.object({
  /** Where the sources are now. */
  targets: z.array(z.string()),
  /** Files transferred, and their bytes. */
  files: Count,
  bytes: Count,
  /** Folders created. */
  folders: Count,
  /** Files that were there already with the same content. */
  unchanged: Count,
  /** Files that were stored under another name, because theirs was taken. */
  renamed: z.array(z.object({ from: z.string(), to: z.string() })),
  /** Links and special files, which are not transferred. */
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  failed: z.array(z.object({ path: z.string(), error: ErrorInfo })),
  durationMs: Count,
});
export type TransferReport = z.infer<typeof TransferReport>;
