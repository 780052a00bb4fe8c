import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@longshore/runtime';
import { afterAll, describe, inject } from 'vitest';
import type { DialectName } from '../database/dialect.ts';
import { openPostgres } from '../database/dialects/postgres.ts';
import { openSqlite } from '../database/dialects/sqlite.ts';
import { type Database, openDatabase } from '../database/open-database.ts';

// The types of what the setup provides.
import './postgres-setup.ts';
import { createTestDatabase, dropTestDatabase } from './start-postgres.ts';

/** Opens a new, empty, migrated database; it is closed and removed when the block has ended. */
export type OpenTestDatabase = (options?: { clock?: Clock }) => Promise<Database>;

/** Runs a block of tests over SQLite and over PostgreSQL. */
export function describeDatabases(
  name: string,
  block: (open: OpenTestDatabase, dialect: DialectName) => void,
): void {
  const openers = { sqlite: openSqliteTest, postgres: openPostgresTest };
  for (const dialect of ['sqlite', 'postgres'] as const) {
    describe(`${name} (${dialect})`, () => {
      const closers: (() => Promise<void>)[] = [];
      afterAll(async () => {
        for (const close of closers.reverse()) await close();
      });
      const open: OpenTestDatabase = async (options = {}) => {
        const { database, remove } = await openers[dialect](options.clock ?? systemClock);
        closers.push(async () => {
          await database.close();
          await remove();
        });
        return database;
      };
      block(open, dialect);
    });
  }
}

type Opened = { database: Database; remove: () => Promise<void> };

async function openSqliteTest(clock: Clock): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-sqlite-'));
  const database = await openDatabase(openSqlite({ path: join(folder, 'test.db'), clock }));
  return { database, remove: async () => rmSync(folder, { recursive: true }) };
}

async function openPostgresTest(): Promise<Opened> {
  const adminUrl = inject('postgresAdminUrl');
  const url = await createTestDatabase(adminUrl);
  const onLostConnection = (): void => {};
  const database = await openDatabase(openPostgres({ url, maxConnections: 20, onLostConnection }));
  return { database, remove: async () => void (await dropTestDatabase(adminUrl, url)) };
}
