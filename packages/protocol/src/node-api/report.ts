import { z } from 'zod';
import { ErrorInfo } from '../errors/app-error.ts';
import { BlobId, Count, Crc32, Sha256 } from '../ids.ts';
import { Progress } from '../task.ts';
import { AttemptRef } from './attempt.ts';
import { LogLine, maxLogLines } from './log-line.ts';

/** A finished output. `index` is the position of the entry in the archive, or 0 for the archive created. */
export const Output = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('file'),
    index: Count,
    path: z.string().max(8192),
    modifiedAtMs: z.int().nullable(),
    mode: Count.nullable(),
    blobId: BlobId,
    sizeBytes: Count,
    sha256: Sha256,
    /** Of a blob that the node has written straight into a store it holds; the others the master has read itself. */
    crc32: Crc32.optional(),
  }),
  z.object({
    kind: z.literal('folder'),
    index: Count,
    path: z.string().max(8192),
    modifiedAtMs: z.int().nullable(),
    mode: Count.nullable(),
  }),
]);
export type Output = z.infer<typeof Output>;

/** An entry that was not extracted, with the reason. `name` is as the archive has it, cut to 1 KiB. */
export const RejectedEntry = z.object({
  index: Count,
  name: z.string().max(1024),
  code: z.string().max(64),
  message: z.string().max(1024),
});
export type RejectedEntry = z.infer<typeof RejectedEntry>;

/** Bytes of blobs that an attempt has read and stored so far, in all its tries, those that failed included. */
export const Transferred = z.object({ readBytes: Count, writtenBytes: Count });
export type Transferred = z.infer<typeof Transferred>;

/**
 * What a slave tells of an attempt. Reports of one attempt are sent in the order of `sequence`, again and again
 * until they are acknowledged; receiving one twice changes nothing. Only `progress` may be dropped. `sequence` grows
 * from report to report of an attempt, with gaps. `try` counts the executions of an attempt on its node: `retrying`
 * names the one that failed. A later try may reject an entry again that an earlier one has rejected.
 */
export const Report = AttemptRef.extend({
  sequence: z.int().min(1),
  event: z.discriminatedUnion('type', [
    z.object({ type: z.literal('started'), try: z.int().min(1) }),
    z.object({ type: z.literal('progress'), progress: Progress }),
    z.object({ type: z.literal('outputs'), outputs: z.array(Output).min(1).max(1000) }),
    z.object({ type: z.literal('rejected'), entries: z.array(RejectedEntry).min(1).max(1000) }),
    z.object({ type: z.literal('retrying'), try: z.int().min(1), error: ErrorInfo, delayMs: Count }),
    z.object({
      type: z.literal('completed'),
      progress: Progress,
      /**
       * Of a share of an extraction of which not one entry could be read: what the task fails with when the other shares
       * are no better.
       */
      unread: ErrorInfo.optional(),
    }),
    z.object({ type: z.literal('failed'), error: ErrorInfo }),
    z.object({ type: z.literal('canceled') }),
    /** The slave gives the work back unfinished, for example because it stops. */
    z.object({ type: z.literal('returned'), error: ErrorInfo }),
  ]),
  /** What the slave has logged about the attempt since the report before. A line that comes twice is recorded once. */
  log: z.array(LogLine).max(maxLogLines).optional(),
  /** As it was when the report was sent, or when it was made. Absent: nothing to add to what was said before. */
  transferred: Transferred.optional(),
});
export type Report = z.infer<typeof Report>;
export type ReportEvent = Report['event'];

/** `bootId` as in the vitals, since 1.1: reports of a program that is not the node are refused. */
export const ReportBatch = z.object({
  bootId: z.uuid().optional(),
  reports: z.array(Report).min(1).max(500),
});
export type ReportBatch = z.infer<typeof ReportBatch>;

/** One verdict per report, in the same order. After `lease-lost` the slave stops the attempt and drops its blobs. */
export const ReportVerdicts = z.object({ verdicts: z.array(z.enum(['recorded', 'lease-lost'])) });
export type ReportVerdicts = z.infer<typeof ReportVerdicts>;
