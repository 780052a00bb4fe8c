import { z } from 'zod';
import { Count } from './ids.ts';

export const TaskKind = z.enum(['create-archive', 'extract-archive', 'check']);
export type TaskKind = z.infer<typeof TaskKind>;

/**
 * ```
 * queued → running → completed | completed-with-errors | failed
 *    └────────┴────→ canceled
 * ```
 * `running` covers every moment between the first lease and the end, a wait for the next try included.
 */
export const TaskState = z.enum([
  'queued',
  'running',
  'completed',
  'completed-with-errors',
  'failed',
  'canceled',
]);
export type TaskState = z.infer<typeof TaskState>;

/**
 * ```
 * queued → leased → running ⇄ waiting (backoff on the node)
 *  ↑ ↑        └────────┴───────┴──→ completed | failed | canceled
 *  │ └── lease lost, node gone, or given back
 * blocked (until the other parts have completed)
 * ```
 */
export const PartState = z.enum([
  'blocked',
  'queued',
  'leased',
  'running',
  'waiting',
  'completed',
  'failed',
  'canceled',
]);
export type PartState = z.infer<typeof PartState>;

export const finalTaskStates = ['completed', 'completed-with-errors', 'failed', 'canceled'] as const;
export const isFinalTaskState = (state: TaskState): boolean =>
  (finalTaskStates as readonly TaskState[]).includes(state);

export const isFinalPartState = (state: PartState): boolean =>
  state === 'completed' || state === 'failed' || state === 'canceled';

/** How far the work is. Totals are null while they are unknown. */
export const Progress = z.object({
  phase: z.enum(['planning', 'waiting', 'reading', 'working', 'storing', 'publishing', 'done']),
  bytesDone: Count,
  bytesTotal: Count.nullable(),
  entriesDone: Count,
  entriesTotal: Count.nullable(),
});
export type Progress = z.infer<typeof Progress>;

/** Formats that can be created. */
export const CreateFormat = z.enum(['zip', 'tar', 'tar.gz', 'tar.zst', '7z']);
export type CreateFormat = z.infer<typeof CreateFormat>;

/** Formats that can be encrypted with a password. */
export const encryptableFormats: readonly CreateFormat[] = ['zip', '7z'];

/** How hard to compress, in words or as a deflate level from 0 (store) to 9. */
export const Level = z.union([z.enum(['fast', 'normal', 'best']), z.int().min(0).max(9)]);
export type Level = z.infer<typeof Level>;

/** Which of a user's own tasks goes first. Others are not overtaken by it: users take turns all the same. */
export const TaskPriority = z.enum(['low', 'normal', 'high']);
export type TaskPriority = z.infer<typeof TaskPriority>;

/** What to do when a name is taken: fail, store under "name (1)", or replace a file (folders are merged). */
export const ConflictPolicy = z.enum(['fail', 'rename', 'overwrite']);
export type ConflictPolicy = z.infer<typeof ConflictPolicy>;
