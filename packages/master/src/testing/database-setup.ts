import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@longshore/runtime';
import type { TestProject } from 'vitest/node';
import type { DatabaseDialect } from '../database/dialect.ts';
import { openPostgres } from '../database/dialects/postgres.ts';
import { openSqlite } from '../database/dialects/sqlite.ts';
import { openDatabase } from '../database/open-database.ts';
import { createTestDatabase, startPostgres } from './start-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test files ask for a database of their own. */
    postgresAdminUrl: string;
    /** Databases that are migrated and empty, to be copied: that is quicker than to migrate one for each test. */
    migrated: { sqlitePath: string; postgresUrl: string };
  }
}

/** Runs once for all test files: one PostgreSQL server, of which every file gets databases of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'longshore-migrated-'));
  const sqlitePath = join(folder, 'migrated.db');
  const postgresUrl = await createTestDatabase(server.adminUrl);
  await migrate(openSqlite({ path: sqlitePath, clock: systemClock }));
  await migrate(openPostgres({ url: postgresUrl, maxConnections: 2, onLostConnection: () => {} }));
  project.provide('postgresAdminUrl', server.adminUrl);
  project.provide('migrated', { sqlitePath, postgresUrl });
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  };
}

async function migrate(engine: DatabaseDialect): Promise<void> {
  const database = await openDatabase(engine);
  await database.close();
}
