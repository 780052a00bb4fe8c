import { type Metrics, secondsBuckets } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';

/** The same database, with the duration of every transaction measured, waiting for its turn included. */
export function timedTransactions(database: Database, metrics: Metrics): Database {
  const duration = metrics.histogram({
    name: 'longshore_database_transaction_seconds',
    help: 'Time of a transaction from when it was asked for to the end of its commit.',
    labels: ['outcome'],
    buckets: secondsBuckets,
  });
  const timed = async <Result>(transaction: () => Promise<Result>): Promise<Result> => {
    const startedMs = performance.now();
    let outcome: 'committed' | 'failed' = 'failed';
    try {
      const result = await transaction();
      outcome = 'committed';
      return result;
    } finally {
      duration.observe({ outcome }, (performance.now() - startedMs) / 1000);
    }
  };
  return {
    ...database,
    transaction: (work, followUp) => timed(() => database.transaction(work, followUp)),
    transactionSoon: (work) => timed(() => database.transactionSoon(work)),
  };
}
