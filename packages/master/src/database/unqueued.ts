import { type Dialect, DummyDriver, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/**
 * The same transaction, of which statements are given to the connection in the moment they are asked for. Kysely itself
 * holds each back until the one before is answered; the connection keeps their order anyway, and one of PostgreSQL
 * is sent them in a row, so that those that do not need each other's answers wait for the database once.
 */
export async function unqueued(tx: Transaction<Schema>, dialect: Dialect): Promise<Transaction<Schema>> {
  const executor = tx.getExecutor();
  const connection = await executor.provideConnection(async (one) => one);
  return new Transaction<Schema>({
    config: { dialect },
    dialect,
    // A transaction begins no other, which is what a driver would be for.
    driver: new DummyDriver(),
    executor: executor.withConnectionProvider({ provideConnection: (use) => use(connection) }),
  });
}
