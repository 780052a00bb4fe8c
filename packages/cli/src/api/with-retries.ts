import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../errors/command-error.ts';
import { toReachError } from './to-reach-error.ts';

/** `brief` for what people wait for, `long` for transfers, which outlast the restart of a master. */
const delaysMs = { brief: [300, 1_000], long: [300, 1_000, 2_000, 4_000, 8_000] } as const;

/** Trouble that may be over in a moment: the connection, or a master that restarts. */
const isTemporary = (error: unknown): boolean =>
  error instanceof CommandError &&
  ['MASTER_UNREACHABLE', 'UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'RATE_LIMITED'].includes(error.code);

/**
 * Runs `work` until it succeeds, fails for good, or has failed for a passing reason once more than there are delays.
 * A call of `progressed` says that the try got further, and gives it all its tries again.
 */
export async function withRetries<T>(
  { signal, patience }: { signal: AbortSignal; patience: keyof typeof delaysMs },
  work: (attempt: { first: boolean; progressed: () => void }) => Promise<T>,
): Promise<T> {
  let tries = 0;
  for (let first = true; ; first = false) {
    try {
      return await work({
        first,
        progressed: () => {
          tries = 0;
        },
      });
    } catch (error) {
      const delayMs = delaysMs[patience][tries];
      if (delayMs === undefined || !isTemporary(error)) throw error;
      tries += 1;
      await sleep(delayMs, undefined, { signal }).catch((reason: unknown) => {
        throw toReachError(reason, '');
      });
    }
  }
}
