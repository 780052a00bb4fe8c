import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@longshore/runtime';
import { afterAll, describe, inject } from 'vitest';
import type { DialectName } from '../database/dialect.ts';
import { openPostgres } from '../database/dialects/postgres.ts';
import { openSqlite } from '../database/dialects/sqlite.ts';
import { type Database, openDatabase } from '../database/open-database.ts';

// The types of what the setup provides.
import './database-setup.ts';
import { createTestDatabase, dropTestDatabase } from './start-postgres.ts';

/**
 * Opens a new, empty, migrated database; it is closed and removed when the block has ended. With `beside` it is that
 * same database, opened once more, as by another master.
 */
export type OpenTestDatabase = (options?: { clock?: Clock; beside?: Database }) => Promise<Database>;

/** Runs a block of tests over SQLite and over PostgreSQL. */
export function describeDatabases(
  name: string,
  block: (open: OpenTestDatabase, dialect: DialectName) => void,
): void {
  const openers = { sqlite: openSqliteTest, postgres: openPostgresTest };
  for (const dialect of ['sqlite', 'postgres'] as const) {
    describe(`${name} (${dialect})`, () => {
      const closers: (() => Promise<void>)[] = [];
      const places = new Map<Database, string>();
      afterAll(async () => {
        for (const close of closers.reverse()) await close();
      });
      const open: OpenTestDatabase = async (options = {}) => {
        const beside = options.beside === undefined ? undefined : places.get(options.beside);
        const { database, place, remove } = await openers[dialect](options.clock ?? systemClock, beside);
        places.set(database, place);
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

type Opened = { database: Database; place: string; remove: () => Promise<void> };

const isOfAnother = async (): Promise<void> => undefined;

async function openSqliteTest(clock: Clock, beside: string | undefined): Promise<Opened> {
  const place = beside ?? mkdtempSync(join(tmpdir(), 'longshore-sqlite-'));
  const path = join(place, 'test.db');
  if (beside === undefined) copyFileSync(inject('migrated').sqlitePath, path);
  const database = await openDatabase(openSqlite({ path, clock }));
  const remove = async (): Promise<void> => rmSync(place, { recursive: true });
  return { database, place, remove: beside === undefined ? remove : isOfAnother };
}

async function openPostgresTest(_: Clock, beside: string | undefined): Promise<Opened> {
  const adminUrl = inject('postgresAdminUrl');
  const place = beside ?? (await createTestDatabase(adminUrl, inject('migrated').postgresUrl));
  const onLostConnection = (): void => {};
  const database = await openDatabase(openPostgres({ url: place, maxConnections: 20, onLostConnection }));
  const remove = async (): Promise<void> => void (await dropTestDatabase(adminUrl, place));
  return { database, place, remove: beside === undefined ? remove : isOfAnother };
}
