import { CompiledQuery } from 'kysely';
import { isSqlite } from './is-sqlite.ts';
import type { Db } from './open-database.ts';

/** The values of many rows, by name: SQLite runs the statement for each of them. */
export class RowValues {
  readonly rows: readonly object[];
  constructor(rows: readonly object[]) {
    this.rows = rows;
  }
}

/** Runs one statement for each of the rows, in their order. Answers what it returns. */
export type ForRows<Row extends object, Returned> = (db: Db, rows: readonly Row[]) => Promise<Returned[]>;

type ColumnType = 'text' | 'bigint';

/**
 * A statement for many rows whose text is always the same: `r.name` is a value of the row, and `from r` stands where the
 * rows come from. SQLite prepares it once and runs it row by row, which it does faster than anything else; PostgreSQL is
 * given all rows at once, as JSON. So the statement must not mind whether rows are taken one by one or together.
 */
export function forRows<Row extends object, Returned = never>(
  columns: { readonly [Name in keyof Row]-?: ColumnType },
  text: string,
): ForRows<Row, Returned> {
  const one = text.replace(/\bfrom r\b/, '').replace(/\br\.(\w+)/g, '@$1');
  const types = Object.entries(columns).map(([name, type]) => `"${name}" ${String(type)}`);
  const all = text
    .replace(/\bfrom r\b/, `from json_to_recordset($1::json) as r (${types.join(', ')})`)
    .replace(/\br\.(\w+)/g, 'r."$1"');
  return async (db, rows) => {
    if (rows.length === 0) return [];
    const query = isSqlite(db)
      ? CompiledQuery.raw(one, [new RowValues(rows)])
      : CompiledQuery.raw(all, [JSON.stringify(rows)]);
    return (await db.executeQuery<Returned>(query as CompiledQuery<Returned>)).rows;
  };
}
