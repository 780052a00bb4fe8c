import { CompiledQuery } from 'kysely';
import type { Db } from './open-database.ts';

// Compiled once: every transaction of a group runs them.
const begin = CompiledQuery.raw('savepoint part');
const release = CompiledQuery.raw('release savepoint part');
const rollBack = CompiledQuery.raw('rollback to savepoint part');

/** Runs a part of an open transaction that may fail alone: its changes are undone, and the rest stays usable. */
export async function withSavepoint<Result>(tx: Db, work: () => Promise<Result>): Promise<Result> {
  const begun = tx.executeQuery(begin);
  try {
    // Sent right before the first statement of the work, and not waited for alone.
    const [result] = await Promise.all([work(), begun]);
    await tx.executeQuery(release);
    return result;
  } catch (error) {
    await tx.executeQuery(rollBack);
    await tx.executeQuery(release);
    throw error;
  }
}
