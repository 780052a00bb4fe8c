import type { Kysely, Transaction } from 'kysely';
import { withSavepoint } from './savepoint.ts';
import type { Schema } from './schema.ts';

type Work<Result> = (tx: Transaction<Schema>) => Promise<Result>;

/**
 * Runs the transactions of one moment as savepoints of one database transaction. With one connection they would
 * wait for each other anyway; like this they share the one thing that is slow, the sync of the commit. Each work
 * succeeds or fails alone, and its promise settles only after the common commit: what was answered is durable.
 */
export function createGroupCommit(db: Kysely<Schema>): <Result>(work: Work<Result>) => Promise<Result> {
  const waiting: {
    run: (tx: Transaction<Schema>) => Promise<() => void>;
    reject: (error: unknown) => void;
  }[] = [];
  let running = false;

  const runGroups = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group: typeof waiting = [];
      try {
        const settlements = await db.transaction().execute(async (tx) => {
          const done: (() => void)[] = [];
          // What arrives while the group runs still joins it, within reason.
          while (waiting.length > 0 && group.length < mostWorks) {
            const work = waiting.shift();
            if (work === undefined) break;
            group.push(work);
            done.push(await work.run(tx));
          }
          return done;
        });
        for (const settle of settlements) settle();
      } catch (error) {
        // Without a transaction nothing was taken: what waits must not wait for one that cannot begin.
        const failed = group.length > 0 ? group : waiting.splice(0);
        for (const work of failed) work.reject(error);
      }
    }
    running = false;
  };

  return <Result>(work: Work<Result>) => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const run = async (tx: Transaction<Schema>): Promise<() => void> => {
      try {
        const result = await withSavepoint(tx, () => work(tx));
        return () => resolve(result);
      } catch (error) {
        return () => reject(error);
      }
    };
    waiting.push({ run, reject });
    if (!running) {
      running = true;
      // Everything that this turn of the event loop still asks for belongs to the first group.
      setImmediate(() => void runGroups());
    }
    return promise;
  };
}

const mostWorks = 256;
