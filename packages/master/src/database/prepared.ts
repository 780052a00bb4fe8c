import { type CompiledQuery, type QueryResult, type RawBuilder, sql } from 'kysely';
import { isSqlite } from './is-sqlite.ts';
import type { Db } from './open-database.ts';

/** Stands for a value until the statement is run. */
class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** `column in (…)` for a list that is one value of the statement, however long it is. */
export type IsOneOf = (column: string, list: readonly (string | number)[]) => RawBuilder<boolean>;

type Build<Values, Row> = (
  db: Db,
  values: Values,
  isOneOf: IsOneOf,
) => { compile(db: Db): CompiledQuery<Row> };

/**
 * A statement that is built and compiled once for all its runs, which costs more than running it. `build` sees no real
 * values: it must pass them on as they are.
 */
export function prepared<Values extends object, Row>(
  build: Build<Values, Row>,
): (db: Db, values: Values) => Promise<QueryResult<Row>> {
  const compiled = new WeakMap<object, CompiledQuery<Row>>();
  const compile = (db: Db): CompiledQuery<Row> => {
    const placeholders = new Proxy({} as Values, {
      get: (_target, name) => new Placeholder(String(name)),
    });
    return build(db, placeholders, isSqlite(db) ? isInJson : isInArray).compile(db);
  };
  return (db, values) => {
    // Every transaction of a database has its adapter.
    const { adapter } = db.getExecutor();
    let query = compiled.get(adapter);
    if (query === undefined) {
      query = compile(db);
      compiled.set(adapter, query);
    }
    const given = values as Record<string, unknown>;
    const parameters = query.parameters.map((parameter) => {
      if (!(parameter instanceof Placeholder)) return parameter;
      const value = given[parameter.name];
      return Array.isArray(value) && isSqlite(db) ? JSON.stringify(value) : value;
    });
    return db.executeQuery<Row>({ ...query, parameters });
  };
}

const isInJson: IsOneOf = (column, list) =>
  sql<boolean>`${sql.ref(column)} in (select value from json_each(${list}))`;

const isInArray: IsOneOf = (column, list) => sql<boolean>`${sql.ref(column)} = any(${list})`;
