import type { Clock } from '@longshore/runtime';
import type { Journal } from './open-journal.ts';

/** For so long the repetition of a dispatch is still known as one. */
const rememberFinalMs = 24 * 60 * 60 * 1000;

/** Deletes what the journal need not remember any more. */
export async function forgetOld(journal: Journal, clock: Clock): Promise<void> {
  const nowMs = clock.nowMs();
  journal.nonces.forgetBefore(nowMs);
  await journal.write(() => journal.attempts.forgetFinalBefore(nowMs - rememberFinalMs));
}
