import type { AttemptRef, CancelAttempts } from '@longshore/protocol';
import type { Journal } from '../journal/open-journal.ts';
import type { AttemptQueue } from '../queue/attempt-queue.ts';
import type { AttemptReports } from '../report/attempt-reports.ts';
import type { IsSameMaster } from '../report/masters.ts';

/**
 * Begins to stop attempts. A canceled one reports `canceled` when its work has ended, one that has lost its lease
 * says nothing more. Resolves with those that were never taken here from the master of the key; for one that has ended nothing is done.
 */
export type StopAttempts = (keyId: string, attempts: CancelAttempts['attempts']) => Promise<AttemptRef[]>;

export function createStopAttempts(options: {
  journal: Journal;
  queue: Pick<AttemptQueue, 'abort'>;
  reports: Pick<AttemptReports, 'drop'>;
  isSameMaster: IsSameMaster;
}): StopAttempts {
  const { journal, queue, reports, isSameMaster } = options;
  return async (keyId, attempts) => {
    const unknown: AttemptRef[] = [];
    for (const { partId, attempt, reason } of attempts) {
      const ref = { partId, attempt };
      const owner = journal.attempts.keyOf(ref);
      if (owner === undefined || !isSameMaster(owner, keyId)) {
        unknown.push(ref);
        continue;
      }
      // First the journal: whatever the work still reports until it has ended is dropped.
      if (reason === 'lease-lost') await reports.drop(ref);
      queue.abort(ref, reason);
    }
    return unknown;
  };
}
