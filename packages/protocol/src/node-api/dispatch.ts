import { z } from 'zod';
import { ErrorInfo } from '../errors/app-error.ts';
import { Attempt, AttemptRef } from './attempt.ts';

/** Master → slave. The slave answers after every accepted attempt is in its journal. */
export const Dispatch = z.object({ attempts: z.array(Attempt).min(1).max(500) });
export type Dispatch = z.infer<typeof Dispatch>;

/** `known` attempts were accepted before: receiving one again runs nothing twice. */
export const DispatchAnswer = z.object({
  results: z.array(
    AttemptRef.extend({
      verdict: z.enum(['accepted', 'known', 'refused']),
      error: ErrorInfo.nullable(),
    }),
  ),
});
export type DispatchAnswer = z.infer<typeof DispatchAnswer>;

export const CancelAttempts = z.object({
  attempts: z
    .array(AttemptRef.extend({ reason: z.enum(['user', 'lease-lost']) }))
    .min(1)
    .max(500),
});
export type CancelAttempts = z.infer<typeof CancelAttempts>;

export const CancelAnswer = z.object({ unknown: z.array(AttemptRef) });
export type CancelAnswer = z.infer<typeof CancelAnswer>;
