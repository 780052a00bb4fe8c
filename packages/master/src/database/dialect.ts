import type { Dialect, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

export type DialectName = 'sqlite' | 'postgres';

/** What the rest of the database code must know about an engine. */
export type DatabaseDialect = {
  readonly name: DialectName;
  readonly dialect: Dialect;
  /** True for an error after which the same transaction may succeed: a deadlock, a conflict, a busy file. */
  isTransient(error: unknown): boolean;
  /** True for an error that says the database cannot be reached at all. */
  isUnavailable(error: unknown): boolean;
  /** Transactions in which works are grouped that may be open at the same time. */
  readonly mostGroups: number;
  /**
   * From here on in the transaction, waiting for a lock is a transient error after so long; never for null. Missing
   * where nobody waits for locks.
   */
  limitWaits?(tx: Transaction<Schema>, mostMs: number | null): Promise<void>;
  close(): Promise<void>;
};
