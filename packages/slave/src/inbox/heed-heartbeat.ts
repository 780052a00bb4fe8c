import type { AttemptRef, HeartbeatAnswer } from '@longshore/protocol';
import { attemptKey } from '../journal/attempt-key.ts';
import type { AttemptQueue } from '../queue/attempt-queue.ts';
import type { StopAttempts } from './stop-attempts.ts';

/** Does what the master answered to a heartbeat; what it did not object to may run, if it waited for that. */
export type HeedHeartbeat = (
  keyId: string,
  answer: HeartbeatAnswer,
  held: readonly AttemptRef[],
) => Promise<void>;

export function createHeedHeartbeat(options: {
  queue: Pick<AttemptQueue, 'release'>;
  stopAttempts: StopAttempts;
}): HeedHeartbeat {
  return async (keyId, { lost, canceled }, held) => {
    const stops = [
      ...lost.map((ref) => ({ ...ref, reason: 'lease-lost' as const })),
      ...canceled.map((ref) => ({ ...ref, reason: 'user' as const })),
    ];
    await options.stopAttempts(keyId, stops);
    const stopped = new Set(stops.map(attemptKey));
    options.queue.release(held.filter((ref) => !stopped.has(attemptKey(ref))));
  };
}
