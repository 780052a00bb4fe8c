import { SqliteAdapter } from 'kysely';
import type { Db } from './open-database.ts';

export const isSqlite = (db: Db): boolean => db.getExecutor().adapter instanceof SqliteAdapter;
