import { AppError } from '@longshore/protocol';
import type { Clock } from '@longshore/runtime';
import Sqlite from 'better-sqlite3';
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import type { DatabaseDialect } from '../dialect.ts';
import { RowValues } from '../for-rows.ts';

/**
 * SQLite in WAL mode, fully synchronous: what was answered survives a power cut. `now_ms()` runs on the monotonic
 * clock from the moment of opening, so that leases do not expire because somebody sets the wall clock.
 */
export function openSqlite(options: { path: string; clock: Clock }): DatabaseDialect {
  const { path, clock } = options;
  const database = openFile(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  // Waiting inside SQLite would stop the whole program: it is told at once, and the wait is asynchronous.
  database.pragma('busy_timeout = 5');
  const anchorMs = clock.nowMs() - clock.monotonicMs();
  database.function('now_ms', () => Math.round(anchorMs + clock.monotonicMs()));
  return {
    name: 'sqlite',
    dialect: new SqliteDialect({ database: withStatementCache(database) }),
    isTransient: (error) => hasCode(error, 'SQLITE_BUSY'),
    isUnavailable: (error) =>
      ['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_BUSY'].some((code) => hasCode(error, code)),
    // There is one connection.
    mostGroups: 1,
    close: async () => {
      database.close();
    },
  };
}

/** The program has a few hundred different statements; preparing one costs more than running it. */
const cachedStatements = 1_000;

function withStatementCache(database: Sqlite.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => {
      database.close();
    },
    prepare: (text) => {
      let statement = statements.get(text);
      if (statement === undefined) {
        // A transaction that is going to write must not find out at its first write that another program does.
        statement = withRowValues(database.prepare(text === 'begin' ? 'begin immediate' : stable(text)));
        if (statements.size >= cachedStatements) statements.clear();
        statements.set(text, statement);
      }
      return statement;
    },
  };
}

/**
 * Where two tables are joined, SQLite plans by the value that a column is compared with, and so prepares the statement
 * anew for each value, which takes five times as long as running it. What a plus stands before is not looked at.
 */
const stable = (text: string): string => text.replace(/([<>=]) \?/g, '$1 +?');

/** Runs a statement once for each of many rows, when it is given these instead of its values. */
function withRowValues(statement: Sqlite.Statement): SqliteStatement {
  return {
    reader: statement.reader,
    iterate: (values) => statement.iterate(values),
    all: (values) => {
      const [given] = values;
      return given instanceof RowValues
        ? given.rows.flatMap((row) => statement.all(row))
        : statement.all(values);
    },
    run: (values) => {
      const [given] = values;
      if (!(given instanceof RowValues)) return statement.run(values);
      let changes = 0;
      for (const row of given.rows) changes += statement.run(row).changes;
      return { changes, lastInsertRowid: 0 };
    },
  };
}

function openFile(path: string): Sqlite.Database {
  try {
    return new Sqlite(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('DATABASE_UNAVAILABLE', `the database file ${path} cannot be opened: ${reason}`, {
      cause,
    });
  }
}

const hasCode = (error: unknown, prefix: string): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.startsWith(prefix);
