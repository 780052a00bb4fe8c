import type Database from 'better-sqlite3';
import { toSystemError } from '../errors/system-error.ts';

export type GroupCommit = {
  write<Result>(work: () => Result): Promise<Result>;
  /** Commits what waits, now. */
  flush(): void;
};

type Waiting = { run(): void; commit(): void; fail(error: unknown): void };

/** Collects the writes of one turn of the event loop into one transaction, so that they share one disk sync. */
export function createGroupCommit(database: Database.Database): GroupCommit {
  let waiting: Waiting[] = [];
  // A transaction inside a transaction is a savepoint: a write that throws takes back only itself.
  const savepoint = database.transaction((work: () => unknown) => work());
  const together = database.transaction((group: readonly Waiting[]) => {
    for (const write of group) write.run();
  });

  const flush = (): void => {
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    try {
      together(group);
    } catch (error) {
      for (const write of group) write.fail(toSystemError(error, 'the journal of the slave'));
      return;
    }
    for (const write of group) write.commit();
  };

  return {
    flush,
    write: (work) =>
      new Promise((resolve, reject) => {
        let settle: () => void;
        waiting.push({
          run: () => {
            try {
              const result = savepoint(work) as ReturnType<typeof work>;
              settle = () => resolve(result);
            } catch (error) {
              if (!database.inTransaction) throw error;
              settle = () => reject(error);
            }
          },
          commit: () => settle(),
          fail: reject,
        });
        if (waiting.length === 1) setImmediate(flush);
      }),
  };
}
