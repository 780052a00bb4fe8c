import {
  AppError,
  type Attempt,
  type AttemptRef,
  type DispatchAnswer,
  toErrorInfo,
} from '@longshore/protocol';
import type { Clock } from '@longshore/runtime';
import type { Journal } from '../journal/open-journal.ts';
import type { AttemptQueue } from '../queue/attempt-queue.ts';
import type { HeldAttempt } from '../report/attempt-reports.ts';
import type { IsSameMaster } from '../report/masters.ts';
import { decideAcceptance } from './decide-acceptance.ts';

type Result = DispatchAnswer['results'][number];

/**
 * Takes attempts of a master into the journal and then into the queue, in this order, so that an attempt that was
 * answered for is never forgotten. Answers one result per attempt, in order; the same attempt again is `known`.
 */
export type AcceptAttempts = (keyId: string, attempts: readonly Attempt[]) => Promise<Result[]>;

export function createAcceptAttempts(options: {
  journal: Journal;
  queue: Pick<AttemptQueue, 'add' | 'abort'>;
  clock: Clock;
  isSameMaster: IsSameMaster;
  /** Why nothing is taken now, or null. */
  refusal: (keyId: string) => AppError | null;
}): AcceptAttempts {
  const { journal, queue, clock, isSameMaster } = options;
  return async (keyId, attempts) => {
    const refusal = options.refusal(keyId);
    const added: HeldAttempt[] = [];
    const superseded: AttemptRef[] = [];

    const accept = (attempt: Attempt): Result => {
      const { partId, attempt: number } = attempt;
      const ref = { partId, attempt: number };
      const seen = journal.attempts.numbersOf(partId);
      if (!seen.every((earlier) => isSameMaster(earlier.keyId, keyId))) {
        const foreign = new AppError(
          'FORBIDDEN',
          `part ${partId} is the work of another master of this slave`,
        );
        return { ...ref, verdict: 'refused', error: toErrorInfo(foreign) };
      }
      const decision = decideAcceptance(number, seen);
      if (decision.type === 'known') return { ...ref, verdict: 'known', error: null };
      if (decision.type === 'outdated') {
        const message = `attempt ${number} of part ${partId} was replaced by attempt ${decision.by}`;
        return { ...ref, verdict: 'refused', error: toErrorInfo(new AppError('LEASE_LOST', message)) };
      }
      if (refusal !== null) return { ...ref, verdict: 'refused', error: toErrorInfo(refusal) };
      for (const lower of decision.supersedes) {
        const lost = { partId, attempt: lower };
        journal.attempts.change(lost, { state: 'final', atMs: clock.nowMs() });
        journal.outbox.dropAttempt(lost);
        superseded.push(lost);
      }
      journal.attempts.insert(keyId, attempt);
      added.push({ keyId, attempt });
      return { ...ref, verdict: 'accepted', error: null };
    };

    const results = await journal.write(() => attempts.map(accept));
    for (const ref of superseded) queue.abort(ref, 'lease-lost');
    for (const held of added) queue.add(held);
    return results;
  };
}
