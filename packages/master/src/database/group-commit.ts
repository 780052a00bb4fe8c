import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import { withSavepoint } from './savepoint.ts';
import type { Schema } from './schema.ts';

type Work<Result> = (tx: Transaction<Schema>) => Promise<Result>;

export type GroupCommit = {
  /** `followUp` may ask for transactions that share the commit. */
  transaction<Result>(work: Work<Result>, followUp?: (result: Result) => void): Promise<Result>;
  /** The same for what nobody waits for: it shares the commit of another, and has one of its own only after a while. */
  transactionSoon(work: Work<void>): Promise<void>;
  /** Resolves when everything that was asked for before has been committed. */
  flush(): Promise<void>;
};

const mostWorks = 256;
const mostTurns = 8;
const soonMs = 50;
/** How long a transaction waits to begin while another program, such as a backup, holds the database. */
const mostBusyMs = 5_000;
const busyPauseMs = 25;

/**
 * Runs the transactions of one moment as savepoints of one database transaction. With one connection they would
 * wait for each other anyway; like this they share the one thing that is slow, the sync of the commit. Each work
 * succeeds or fails alone, and its promise settles only after the common commit: what was answered is durable.
 * `isTransient` tells the errors after which a transaction that could not begin is begun again.
 */
export function createGroupCommit(db: Kysely<Schema>, isTransient: (error: unknown) => boolean): GroupCommit {
  const waiting: {
    run: (tx: Transaction<Schema>) => Promise<() => void>;
    reject: (error: unknown) => void;
  }[] = [];
  let running = false;
  let later: NodeJS.Timeout | undefined;

  /** A group is not closed while every turn of the event loop brings more for it; one without company never waits. */
  const gather = async (): Promise<void> => {
    for (let turn = 0, before = 0; turn < mostTurns; turn += 1) {
      before = waiting.length;
      await nextTurn();
      if (waiting.length === before || waiting.length >= mostWorks) return;
    }
  };

  const runGroups = async (): Promise<void> => {
    running = true;
    clearTimeout(later);
    later = undefined;
    // Everything that this turn of the event loop still asks for belongs to the first group.
    await nextTurn();
    let busySinceMs: number | undefined;
    while (waiting.length > 0) {
      if (waiting.length > 1) await gather();
      const group: typeof waiting = [];
      try {
        const settlements = await db.transaction().execute(async (tx) => {
          const done: (() => void)[] = [];
          while (waiting.length > 0 && group.length < mostWorks) {
            const work = waiting.shift();
            if (work === undefined) break;
            group.push(work);
            done.push(await work.run(tx));
          }
          return done;
        });
        busySinceMs = undefined;
        for (const settle of settlements) settle();
      } catch (error) {
        if (group.length === 0 && isTransient(error)) {
          busySinceMs ??= performance.now();
          if (performance.now() - busySinceMs < mostBusyMs) {
            await delay(busyPauseMs);
            continue;
          }
        }
        // Without a transaction nothing was taken: what waits must not wait for one that cannot begin.
        const failed = group.length > 0 ? group : waiting.splice(0);
        for (const work of failed) work.reject(error);
      }
    }
    running = false;
  };

  const enqueue = <Result>(work: Work<Result>, followUp?: (result: Result) => void): Promise<Result> => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const run = async (tx: Transaction<Schema>): Promise<() => void> => {
      try {
        const result = await withSavepoint(tx, () => work(tx));
        followUp?.(result);
        return () => resolve(result);
      } catch (error) {
        return () => reject(error);
      }
    };
    waiting.push({ run, reject });
    return promise;
  };

  const transaction: GroupCommit['transaction'] = (work, followUp) => {
    const done = enqueue(work, followUp);
    if (!running) void runGroups();
    return done;
  };

  return {
    transaction,
    flush: () => transaction(async () => {}),
    transactionSoon: (work) => {
      const done = enqueue(work);
      if (!running) later ??= setTimeout(() => void runGroups(), soonMs);
      return done;
    },
  };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
