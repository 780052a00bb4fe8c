import { type Attempt, attemptRoute, StoredEntries } from '@longshore/protocol';
import type { Journal } from '../journal/open-journal.ts';
import type { MasterLink } from '../report/master-link.ts';

/** Positions of the outputs of a part that need not be made again. */
export type StoredOutputs = (
  attempt: Attempt,
  link: MasterLink,
  execution: { tries: number; signal: AbortSignal },
) => Promise<ReadonlySet<number>>;

const nothing: ReadonlySet<number> = new Set();

export function createStoredOutputs(journal: Journal): StoredOutputs {
  return async (attempt, link, { tries, signal }) => {
    if (attempt.attempt === 1 && tries === 1) return nothing;
    // In this order: a report acknowledged in between is then in both, not in neither.
    const unsent = journal.outbox.outputIndices(attempt);
    const { indices } = await link.call({
      path: attemptRoute('storedEntries', attempt),
      method: 'GET',
      response: StoredEntries,
      requestId: attempt.requestId,
      signal,
    });
    return new Set([...indices, ...unsent]);
  };
}
