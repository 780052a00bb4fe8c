import type { AttemptRef } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import { markDelivered } from '../store/parts/deliveries.ts';
import { attemptKey } from '../store/parts/report-rows.ts';

/**
 * Attempts that their node has acknowledged. Nobody waits for that to be written down, so it shares the commit of something
 * else; until then it is known here, and they are not sent again.
 */
export type DeliveredMarks = {
  mark(refs: readonly AttemptRef[]): void;
  has(ref: { partId: string; attempt: number }): boolean;
};

export function createDeliveredMarks(deps: { database: Database; log: Logger }): DeliveredMarks {
  const { database, log } = deps;
  const unwritten = new Set<string>();
  return {
    has: (ref) => unwritten.has(attemptKey(ref)),
    mark: (refs) => {
      if (refs.length === 0) return;
      const keys = refs.map(attemptKey);
      for (const key of keys) unwritten.add(key);
      database
        .transactionSoon(async (tx) => {
          await markDelivered(tx, refs);
        })
        // They are sent again, which their node answers with `known`.
        .catch((err: unknown) => log.warn({ err }, 'deliveries could not be written down'))
        .finally(() => {
          for (const key of keys) unwritten.delete(key);
        });
    },
  };
}
