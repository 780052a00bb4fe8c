import { z } from 'zod';
import { Count } from '../ids.ts';

/** So many lines of one attempt are kept, and so many travel with one report; older ones are dropped. */
export const maxLogLines = 200;

const maxFields = 16;

/**
 * A line that a slave has logged about an attempt: constant text, and fields that say what it is about. Lines of an
 * attempt are numbered from 1 through all its tries; a number that is missing was dropped.
 */
export const LogLine = z.object({
  number: z.int().min(1),
  atMs: Count,
  level: z.enum(['info', 'warn', 'error']),
  message: z.string().max(256),
  fields: z
    .record(z.string().max(64), z.union([z.string().max(1024), z.number(), z.boolean(), z.null()]))
    .refine((fields) => Object.keys(fields).length <= maxFields, `at most ${maxFields} fields`),
});
export type LogLine = z.infer<typeof LogLine>;
