import type { AttemptRef, CancelAttempts } from '@longshore/protocol';
import type { Journal } from '../journal/open-journal.ts';
import type { AttemptQueue } from '../queue/attempt-queue.ts';
import type { AttemptReports } from '../report/attempt-reports.ts';

/**
 * Begins to stop attempts. A canceled one reports `canceled` when its work has ended, one that has lost its lease
 * says nothing more. Resolves with those that were never taken here; for one that has ended nothing is done.
 */
export type StopAttempts = (attempts: CancelAttempts['attempts']) => Promise<AttemptRef[]>;

export function createStopAttempts(options: {
  journal: Journal;
  queue: Pick<AttemptQueue, 'abort'>;
  reports: Pick<AttemptReports, 'drop'>;
}): StopAttempts {
  const { journal, queue, reports } = options;
  return async (attempts) => {
    const unknown: AttemptRef[] = [];
    for (const { partId, attempt, reason } of attempts) {
      const ref = { partId, attempt };
      if (!journal.attempts.knows(ref)) unknown.push(ref);
      // First the journal: whatever the work still reports until it has ended is dropped.
      else if (reason === 'lease-lost') await reports.drop(ref);
      queue.abort(ref, reason);
    }
    return unknown;
  };
}
