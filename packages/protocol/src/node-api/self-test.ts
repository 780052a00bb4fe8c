import { z } from 'zod';
import { ErrorInfo } from '../errors/app-error.ts';
import { NodeVitals } from './node-status.ts';

/** Master → slave: look at yourself, and try to reach the master at each of these addresses, if any. */
export const SelfTest = z.object({ masterUrls: z.array(z.url()).max(4) });
export type SelfTest = z.infer<typeof SelfTest>;

const Finding = z.object({ ok: z.boolean(), evidence: z.string(), error: ErrorInfo.nullable() });

export const SelfTestAnswer = z.object({
  vitals: NodeVitals,
  callbacks: z.array(Finding.extend({ url: z.string(), durationMs: z.number() })),
  temp: Finding,
});
export type SelfTestAnswer = z.infer<typeof SelfTestAnswer>;

/** Slave → master, as part of the self test. The master answers with its own version, which proves the way back. */
export const CallbackAnswer = z.object({ version: z.string(), protocol: z.string() });
export type CallbackAnswer = z.infer<typeof CallbackAnswer>;
