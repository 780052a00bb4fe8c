import { AppError } from '@longshore/protocol';
import { Kysely, sql, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { DatabaseDialect, DialectName } from './dialect.ts';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';
import { migrations } from './migrations/migrations.ts';
import type { Schema } from './schema.ts';

/** A connection or an open transaction: every query of the store takes one. */
export type Db = Kysely<Schema>;

export type Database = {
  readonly db: Db;
  readonly dialect: DialectName;
  /**
   * Runs `work` in one transaction. When the database asks for it (deadlock, serialization, busy) the whole of
   * `work` runs again, so it must do nothing but queries on the `tx` it is given. With SQLite, transactions that
   * are asked for at the same time share one commit. `followUp` is called when `work` has succeeded, to ask for the
   * transactions that come next: with SQLite they see what `work` did and share its commit; with PostgreSQL it is
   * called after that.
   */
  transaction<Result>(
    work: (tx: Transaction<Schema>) => Promise<Result>,
    followUp?: (result: Result) => void,
  ): Promise<Result>;
  /** The same for what nobody waits for: with SQLite it may wait a moment to share the commit of another. */
  transactionSoon(work: (tx: Transaction<Schema>) => Promise<void>): Promise<void>;
  /** Throws `UNAVAILABLE` when the database does not answer. */
  ping(): Promise<void>;
  isUnavailable(error: unknown): boolean;
  close(): Promise<void>;
};

/** The database's own clock in milliseconds: leases are set and compared with nothing else. */
export const nowMs = sql<number>`now_ms()`;

const transactionTries = 8;

async function retrying<Result>(
  db: Db,
  engine: DatabaseDialect,
  work: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (tries === transactionTries || !engine.isTransient(error)) throw error;
    }
  }
}

/** Opens and migrates. Throws `DATABASE_TOO_NEW` for a schema of a later version, `DATABASE_UNAVAILABLE`. */
export async function openDatabase(engine: DatabaseDialect): Promise<Database> {
  const db = new Kysely<Schema>({ dialect: engine.dialect });
  try {
    await migrate(db, engine);
  } catch (error) {
    await db.destroy().catch(() => undefined);
    throw error;
  }
  const alone: GroupCommit['transaction'] = async (work, followUp) => {
    const result = await retrying(db, engine, work);
    followUp?.(result);
    return result;
  };
  const { transaction, transactionSoon, flush } =
    engine.name === 'sqlite'
      ? createGroupCommit(db, engine.isTransient)
      : { transaction: alone, transactionSoon: alone, flush: async () => {} };
  return {
    db,
    dialect: engine.name,
    isUnavailable: engine.isUnavailable,
    transaction,
    transactionSoon,
    ping: async () => {
      await sql`select 1`.execute(db).catch((cause: unknown) => {
        throw new AppError('UNAVAILABLE', 'the database does not answer', { cause });
      });
    },
    close: async () => {
      await flush();
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
