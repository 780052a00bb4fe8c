import { type Attempt, attemptRoute, type StoredBlob, StoredEntries } from '@longshore/protocol';
import type { Journal } from '../journal/open-journal.ts';
import type { MasterLink } from '../report/master-link.ts';

/** What earlier executions of a part have stored. */
export type StoredOutputs = {
  /** Positions of the outputs that need not be made again. */
  indices(
    attempt: Attempt,
    link: MasterLink,
    execution: { tries: number; signal: AbortSignal },
  ): Promise<ReadonlySet<number>>;
  /** Where the file at one of these positions is; null when the master cannot tell. */
  find(
    attempt: Attempt,
    link: MasterLink,
    wanted: { index: number; signal: AbortSignal },
  ): Promise<StoredBlob | null>;
};

const nothing: ReadonlySet<number> = new Set();

export function createStoredOutputs(journal: Journal): StoredOutputs {
  const ask = (
    attempt: Attempt,
    link: MasterLink,
    { index, signal }: { index?: number; signal: AbortSignal },
  ): Promise<StoredEntries> =>
    link.call({
      path: attemptRoute('storedEntries', attempt),
      method: 'GET',
      ...(index === undefined ? {} : { query: { index: String(index) } }),
      response: StoredEntries,
      requestId: attempt.requestId,
      signal,
    });

  // In this order: a report acknowledged in between is then in both, not in neither.
  return {
    indices: async (attempt, link, { tries, signal }) => {
      if (attempt.attempt === 1 && tries === 1) return nothing;
      const unsent = journal.outbox.outputIndices(attempt);
      const { indices } = await ask(attempt, link, { signal });
      return new Set([...indices, ...unsent]);
    },
    find: async (attempt, link, { index, signal }) => {
      const unsent = journal.outbox.findOutput(attempt, index);
      if (unsent?.kind === 'file') {
        const { blobId, sizeBytes, sha256, crc32 } = unsent;
        return { blobId, sizeBytes, sha256, ...(crc32 === undefined ? {} : { crc32 }) };
      }
      return (await ask(attempt, link, { index, signal })).file;
    },
  };
}
