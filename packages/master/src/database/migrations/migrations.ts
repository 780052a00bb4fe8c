import type { Migration } from 'kysely/migration';
import type { DialectName } from '../dialect.ts';
import { first } from './0001-first.ts';

/** All schema changes, in the order of their names. A migration that was released is never edited. */
export const migrations = (dialect: DialectName): Record<string, Migration> => ({
  '0001-first': first(dialect),
});
