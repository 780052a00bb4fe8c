import { AppError } from '@longshore/protocol';
import { CompiledQuery, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { DatabaseDialect } from '../dialect.ts';

const int8 = 20;

/** Serialization failure, deadlock, and the lock timeout. */
const transientCodes = new Set(['40001', '40P01', '55P03']);

const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  '57P01',
  '57P02',
  '57P03',
]);

/** Others need not wait for a slow group; more of them would get into the way of each other. */
const mostGroups = 4;

export type PostgresOptions = {
  /** A `postgres://` address with user, password and database. */
  url: string;
  maxConnections: number;
  /** A broken connection; the pool replaces it. A query that was under way fails by itself. */
  onLostConnection: (error: Error) => void;
};

/** PostgreSQL through a pool. 64-bit integers arrive as numbers: sizes and times stay far below 2^53. */
export function openPostgres(options: PostgresOptions): DatabaseDialect {
  const types: pg.CustomTypesConfig = {
    getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
      oid === int8 ? Number : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
  };
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections,
    connectionTimeoutMillis: 5000,
    pipeline: true,
    types,
  });
  // The pool speaks for idle connections only. One in use has nobody to hear it, which would end the process.
  pool.on('connect', (client) => client.on('error', options.onLostConnection));
  pool.on('error', () => undefined);
  return {
    name: 'postgres',
    dialect: new PostgresDialect({ pool }),
    isTransient: (error) => transientCodes.has(codeOf(error) ?? ''),
    isUnavailable: (error) =>
      connectionCodes.has(codeOf(error) ?? '') ||
      (error instanceof Error &&
        !(error instanceof AppError) &&
        /terminated|not queryable|timeout exceeded when trying to connect/i.test(error.message)),
    mostGroups: Math.max(1, Math.min(mostGroups, options.maxConnections - 1)),
    limitWaits: async (tx, mostMs) => {
      await tx.executeQuery(CompiledQuery.raw(`set local lock_timeout = ${mostMs ?? 0}`));
    },
    // kysely ends the pool when it is destroyed
    close: async () => {},
  };
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
