import { AppError } from '@longshore/protocol';
import { Kysely, sql, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { DatabaseDialect, DialectName } from './dialect.ts';
import { createGroupCommit, type LastStep } from './group-commit.ts';
import { migrations } from './migrations/migrations.ts';
import type { Schema } from './schema.ts';

/** A connection or an open transaction: every query of the store takes one. */
export type Db = Kysely<Schema>;

export type Database = {
  readonly db: Db;
  readonly dialect: DialectName;
  /**
   * Runs `work` in one transaction. When the database asks for it (deadlock, serialization, busy) the whole of
   * `work` runs again, so it must do nothing but queries on the `tx` it is given. Transactions that are asked for at
   * the same time share one commit. `followUp` is called when `work` has succeeded, and again when it had to run
   * again, to ask for the transactions that come next: they see what `work` did and share its commit.
   */
  transaction<Result>(
    work: (tx: Transaction<Schema>) => Promise<Result>,
    followUp?: (result: Result) => void,
  ): Promise<Result>;
  /** The same for what is in no hurry: it may wait a moment to share the commit of another. */
  transactionSoon<Result>(work: (tx: Transaction<Schema>) => Promise<Result>): Promise<Result>;
  /**
   * Leaves `item` for the end of the transaction: right before its commit, `step` is called once with everything that
   * was left for it. What a failed `work` has left is forgotten.
   */
  lastly<Item>(tx: Db, step: LastStep<Item>, item: Item): void;
  /** Throws `UNAVAILABLE` when the database does not answer. */
  ping(): Promise<void>;
  isUnavailable(error: unknown): boolean;
  close(): Promise<void>;
};

/** The database's own clock in milliseconds: leases are set and compared with nothing else. */
export const nowMs = sql<number>`now_ms()`;

/** Opens and migrates. Throws `DATABASE_TOO_NEW` for a schema of a later version, `DATABASE_UNAVAILABLE`. */
export async function openDatabase(engine: DatabaseDialect): Promise<Database> {
  const db = new Kysely<Schema>({ dialect: engine.dialect });
  try {
    await migrate(db, engine);
  } catch (error) {
    await db.destroy().catch(() => undefined);
    throw error;
  }
  const group = createGroupCommit(db, engine);
  return {
    db,
    dialect: engine.name,
    isUnavailable: engine.isUnavailable,
    transaction: group.transaction,
    transactionSoon: group.transactionSoon,
    lastly: group.lastly,
    ping: async () => {
      await sql`select 1`.execute(db).catch((cause: unknown) => {
        throw new AppError('UNAVAILABLE', 'the database does not answer', { cause });
      });
    },
    close: async () => {
      await group.flush();
      await db.destroy();
      await engine.close();
    },
  };
}

async function migrate(db: Db, engine: DatabaseDialect): Promise<void> {
  const all = migrations(engine.name);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => all } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const applied = await appliedMigrations(db);
  const unknown = applied.filter((name) => !Object.hasOwn(all, name));
  if (unknown.length > 0) {
    throw new AppError(
      'DATABASE_TOO_NEW',
      `the database was changed by a newer version (${unknown.join(', ')})`,
      {
        cause: error,
      },
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  throw new AppError('DATABASE_UNAVAILABLE', `the database cannot be prepared: ${reason}`, { cause: error });
}

async function appliedMigrations(db: Db): Promise<string[]> {
  try {
    const rows = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
    return rows.rows.map((row) => row.name);
  } catch {
    // A database that cannot even be asked is reported by the error of the migration itself.
    return [];
  }
}
