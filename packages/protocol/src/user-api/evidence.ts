import { z } from 'zod';
import { Count } from '../ids.ts';

const Version = z.object({ protocol: z.string(), version: z.string() });

/** What a step of the communication test has seen, for machines. */
export const Evidence = z.discriminatedUnion('kind', [
  /** The host is an address, so that there is nothing to look up. */
  z.object({ kind: z.literal('is-address'), host: z.string() }),
  z.object({ kind: z.literal('resolved'), host: z.string(), addresses: z.array(z.string()) }),
  /** `others`: what was seen at the other addresses; `code` of an address that did not answer, if it is known. */
  z.object({
    kind: z.literal('connected'),
    address: z.string(),
    port: z.int(),
    others: z.array(z.object({ address: z.string(), answers: z.boolean(), code: z.string().nullable() })),
  }),
  z.object({
    kind: z.literal('encrypted'),
    protocol: z.string(),
    subject: z.string(),
    issuer: z.string(),
    validUntil: z.string(),
  }),
  z.object({ kind: z.literal('answers'), version: z.string().nullable() }),
  z.object({ kind: z.literal('versions'), master: Version, slave: Version }),
  z.object({ kind: z.literal('signed'), keyId: z.string() }),
  /** Below 0 the clock of the node is behind. */
  z.object({ kind: z.literal('clock'), skewMs: z.int() }),
  /** `knowsKey` is false for a node that is not saved yet. */
  z.object({ kind: z.literal('called-back'), url: z.string(), knowsKey: z.boolean() }),
  z.object({
    kind: z.literal('temp'),
    path: z.string().nullable(),
    freeBytes: Count.nullable(),
    totalBytes: Count.nullable(),
  }),
  z.object({ kind: z.literal('cors-allowed'), url: z.string(), origin: z.string() }),
  z.object({
    kind: z.enum([
      'same-major-version',
      'knows-key',
      'plain-http',
      'earlier-step-failed',
      'no-secret',
      'reached-through-master',
      'stores-no-files',
    ]),
  }),
]);
export type Evidence = z.infer<typeof Evidence>;
