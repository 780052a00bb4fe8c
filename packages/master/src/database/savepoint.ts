import { sql } from 'kysely';
import type { Db } from './open-database.ts';

/** Runs a part of an open transaction that may fail alone: its changes are undone, and the rest stays usable. */
export async function withSavepoint<Result>(tx: Db, work: () => Promise<Result>): Promise<Result> {
  await sql`savepoint part`.execute(tx);
  try {
    const result = await work();
    await sql`release savepoint part`.execute(tx);
    return result;
  } catch (error) {
    await sql`rollback to savepoint part`.execute(tx);
    await sql`release savepoint part`.execute(tx);
    throw error;
  }
}
