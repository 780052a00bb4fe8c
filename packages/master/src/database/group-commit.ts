import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import type { DatabaseDialect } from './dialect.ts';
import { withSavepoint } from './savepoint.ts';
import type { Schema } from './schema.ts';
import { unqueued } from './unqueued.ts';

type Tx = Transaction<Schema>;
type Work<Result> = (tx: Tx) => Promise<Result>;

/** Does in one go what the transactions that share a commit have left for its end. */
export type LastStep<Item> = (tx: Tx, items: readonly Item[]) => Promise<void>;

export type GroupCommit = {
  /** `followUp` may ask for transactions that share the commit. It is called again when `work` has to run again. */
  transaction<Result>(work: Work<Result>, followUp?: (result: Result) => void): Promise<Result>;
  /** The same for what is in no hurry: it shares the commit of another, and has one of its own only after a while. */
  transactionSoon<Result>(work: Work<Result>): Promise<Result>;
  /** Leaves something for the end of the transaction, right before its commit. */
  lastly<Item>(tx: Kysely<Schema>, step: LastStep<Item>, item: Item): void;
  /** Resolves when everything that was asked for before has been committed. */
  flush(): Promise<void>;
};

type Waiting = {
  /** Null when it has to run again. */
  run: (group: Group) => Promise<(() => void) | null>;
  reject: (error: unknown) => void;
  tries: number;
};

type Group = { readonly tx: Tx; readonly last: { step: LastStep<unknown>; item: unknown }[] };

const mostWorks = 256;
const mostTurns = 8;
/** A group takes nothing more after so long: whoever came first waits for its commit. */
const mostGroupMs = 20;
const soonMs = 50;
/** How long a transaction waits to begin while another program, such as a backup, holds the database. */
const mostBusyMs = 5_000;
const busyPauseMs = 25;
const mostTries = 8;
/** How long a work waits for a lock of others while the group holds locks for the works before it. */
const mostLockWaitMs = 10;
/** What waits this long for the group before it begins a group of its own, where there can be more than one. */
const patienceMs = 50;

/**
 * Runs the transactions of one moment as savepoints of one database transaction: they share the one thing that is
 * slow, the sync of the commit. Each work succeeds or fails alone, and its promise settles only after the common
 * commit: what was answered is durable. A work that met a conflict is undone and runs again as the first of the next
 * group; this one ends there, because others may wait for its locks. Only the first of a group waits for the locks of
 * others as long as it takes, for it holds none: groups of several masters, which lock the same users and folders in any
 * order, would else wait for each other. With a connection that is lost, or a disk that is full, the whole group fails.
 */
export function createGroupCommit(
  db: Kysely<Schema>,
  engine: Pick<DatabaseDialect, 'dialect' | 'isTransient' | 'isUnavailable' | 'mostGroups' | 'limitWaits'>,
): GroupCommit {
  let waiting: Waiting[] = [];
  const open = new WeakMap<Kysely<Schema>, Group>();
  let groups = 0;
  let later: NodeJS.Timeout | undefined;

  /** A group is not closed while every turn of the event loop brings more for it; one without company never waits. */
  const gather = async (): Promise<void> => {
    for (let turn = 0, before = 0; turn < mostTurns; turn += 1) {
      before = waiting.length;
      await nextTurn();
      if (waiting.length === before || waiting.length >= mostWorks) return;
    }
  };

  /** Runs what waits, `taken` as far as it has been begun, up to the commit. Answers how to tell those who asked. */
  const runGroup = (taken: Waiting[]): Promise<(() => void)[]> =>
    db.transaction().execute(async (queued) => {
      const tx = await unqueued(queued, engine.dialect);
      const group: Group = { tx, last: [] };
      open.set(tx, group);
      const settlements: (() => void)[] = [];
      const startedMs = performance.now();
      while (taken.length < mostWorks && performance.now() - startedMs < mostGroupMs) {
        const work = waiting.shift();
        if (work === undefined) break;
        taken.push(work);
        const limited = taken.length === 2 ? engine.limitWaits?.(tx, mostLockWaitMs) : undefined;
        const [settle] = await Promise.all([work.run(group), limited]);
        if (settle === null) {
          waiting.unshift(work);
          taken.pop();
          break;
        }
        settlements.push(settle);
      }
      if (group.last.length > 0) {
        const steps = Map.groupBy(group.last, ({ step }) => step);
        await Promise.all([
          engine.limitWaits?.(tx, null),
          ...steps.entries().map(([step, left]) =>
            step(
              tx,
              left.map(({ item }) => item),
            ),
          ),
        ]);
      }
      return settlements;
    });

  const mayRunAgain = (work: Waiting, error: unknown): boolean => {
    work.tries += 1;
    return work.tries < mostTries && engine.isTransient(error);
  };

  const runGroups = async (): Promise<void> => {
    groups += 1;
    clearTimeout(later);
    later = undefined;
    // Everything that this turn of the event loop still asks for belongs to the first group.
    await nextTurn();
    let busySinceMs: number | undefined;
    while (waiting.length > 0) {
      if (waiting.length > 1) await gather();
      const taken: Waiting[] = [];
      const impatience = setInterval(() => {
        if (waiting.length > 0) start();
      }, patienceMs);
      try {
        const settlements = await runGroup(taken);
        busySinceMs = undefined;
        for (const settle of settlements) settle();
      } catch (error) {
        if (taken.length === 0 && engine.isTransient(error)) {
          busySinceMs ??= performance.now();
          if (performance.now() - busySinceMs < mostBusyMs) {
            await delay(busyPauseMs);
            continue;
          }
        }
        // Without a transaction nothing was taken: what waits must not wait for one that cannot begin.
        const failed = taken.length > 0 ? taken : waiting.splice(0);
        const [again, over] = partition(failed, (work) => taken.length > 0 && mayRunAgain(work, error));
        waiting = [...again, ...waiting];
        for (const work of over) work.reject(error);
      } finally {
        clearInterval(impatience);
      }
    }
    groups -= 1;
  };
  const start = (): void => {
    if (groups < engine.mostGroups) void runGroups();
  };

  const enqueue = <Result>(work: Work<Result>, followUp?: (result: Result) => void): Promise<Result> => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const waits: Waiting = { run, reject, tries: 0 };
    async function run({ tx, last }: Group): Promise<(() => void) | null> {
      const left = last.length;
      try {
        const result = await withSavepoint(tx, () => work(tx));
        followUp?.(result);
        return () => resolve(result);
      } catch (error) {
        if (engine.isUnavailable(error)) throw error;
        last.length = left;
        return mayRunAgain(waits, error) ? null : () => reject(error);
      }
    }
    waiting.push(waits);
    return promise;
  };

  const transaction: GroupCommit['transaction'] = (work, followUp) => {
    const done = enqueue(work, followUp);
    if (groups === 0) start();
    return done;
  };

  return {
    transaction,
    flush: () => transaction(async () => {}),
    transactionSoon: (work) => {
      const done = enqueue(work);
      if (groups === 0) later ??= setTimeout(start, soonMs);
      return done;
    },
    lastly: (tx, step, item) => {
      const group = open.get(tx);
      if (group === undefined) throw new RangeError('this is no transaction of a group');
      group.last.push({ step: step as LastStep<unknown>, item });
    },
  };
}

function partition<Item>(items: readonly Item[], belongs: (item: Item) => boolean): [Item[], Item[]] {
  const { yes = [], no = [] } = Object.groupBy(items, (item) => (belongs(item) ? 'yes' : 'no'));
  return [yes, no];
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
