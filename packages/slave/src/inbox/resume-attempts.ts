import type { Logger } from '@longshore/runtime';
import type { Journal } from '../journal/open-journal.ts';
import type { AttemptQueue } from '../queue/attempt-queue.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { TempFolders } from '../storage/temp-folders.ts';

/**
 * Takes up the attempts of the journal after a start, and deletes the temporary files of the process before. The
 * attempts run when their master has confirmed their leases.
 */
export async function resumeAttempts(options: {
  journal: Journal;
  queue: Pick<AttemptQueue, 'hold'>;
  tempFolders: TempFolders;
  stores: ReadonlyMap<string, LocalStore>;
  log: Logger;
}): Promise<void> {
  const { journal, queue, log } = options;
  await options.tempFolders.prepare();
  for (const store of options.stores.values()) {
    await store.removeStaged((partId) => journal.attempts.numbersOf(partId).length > 0);
  }
  const unfinished = journal.attempts.unfinished();
  for (const attempt of unfinished) queue.hold(attempt);
  if (unfinished.length > 0) log.info({ attempts: unfinished.length }, 'attempts taken up from the journal');
}
