import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createTestDatabase,
  type PostgresServer,
  startPostgres,
} from '../../packages/master/src/testing/start-postgres.ts';
import { closeAll, startMaster, tempFolder } from '../support/programs.ts';
import { sharedStore } from '../support/shared-store.ts';

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => {
  await closeAll();
  await postgres.stop();
});

it('a second master on the same database starts with the shared store, and is refused with one of its own', async () => {
  const env = {
    LONGSHORE_DATABASE_TYPE: 'postgres',
    LONGSHORE_DATABASE_URL: await createTestDatabase(postgres.adminUrl),
    LONGSHORE_MASTER_MASTER_KEY: randomBytes(32).toString('hex'),
  };
  const shared = await tempFolder('shared');
  const start = async (dataPath: string) => startMaster({ dataPath, env, embeddedNode: false });
  await start(await sharedStore(shared));
  await start(await sharedStore(shared));
  const own = await tempFolder('own');
  const refusal = await start(own).catch((error: unknown) => String(error));
  expect(refusal).toContain('STORE_MISMATCH');
  expect(refusal).toContain(own);
});
