import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { UserId } from '@longshore/protocol';
import { type Clock, createLogger, createMetrics, systemClock } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import { createUploadTurns } from '../files/uploads/create-upload-turns.ts';
import type { UploadDeps } from '../files/uploads/upload-deps.ts';
import { createApp } from '../http/create-app.ts';
import { mountBlobRoutes } from '../http/routes/blob-routes.ts';
import { mountDownloadRoutes } from '../http/routes/download-routes.ts';
import { mountFileRoutes } from '../http/routes/file-routes.ts';
import { mountUploadRoutes } from '../http/routes/upload-routes.ts';
import { mountZipRoutes } from '../http/routes/zip-routes.ts';
import { deriveMasterKeys, type MasterKeys } from '../secrets/master-keys.ts';
import { openLocalStore } from '../storage/drivers/local.ts';
import type { StorageDriver } from '../storage/storage-driver.ts';
import { createStores, localStoreId } from '../storage/stores.ts';

/** The file, upload, download and blob routes over real HTTP and a store in a temporary folder. */
export type FileServer = {
  readonly url: string;
  readonly root: string;
  readonly store: StorageDriver;
  readonly deps: UploadDeps;
  readonly keys: MasterKeys;
  /** Folders told to have changed, oldest first. */
  readonly changes: { userId: string; folder: string }[];
  close(): Promise<void>;
};

/** Tests say who calls with this header in place of a token. */
export const callerHeader = 'x-test-user';

export async function serveFiles(database: Database, options: { clock?: Clock } = {}): Promise<FileServer> {
  const clock = options.clock ?? systemClock;
  const root = mkdtempSync(join(tmpdir(), 'longshore-store-'));
  const store = await openLocalStore({ root, clock });
  const stores = createStores(new Map([[localStoreId, store]]), localStoreId);
  const changes: FileServer['changes'] = [];
  const filesChanged = (userId: string, folder: string): void => void changes.push({ userId, folder });
  const deps: UploadDeps = { database, stores, clock, turns: createUploadTurns(), filesChanged };
  const keys = deriveMasterKeys(Buffer.alloc(32, 7));
  const log = createLogger({ program: 'test', level: 'fatal', format: 'json' });
  const app = createApp({
    log,
    metrics: createMetrics(),
    isUnavailable: database.isUnavailable,
    clientAddress: () => '192.0.2.1',
  });
  app.use('/api/*', async (c, next) => {
    const userId = UserId.safeParse(c.req.header(callerHeader));
    if (userId.success)
      c.set('caller', {
        userId: userId.data,
        userName: 'test',
        role: 'user',
        sessionId: null,
        access: 'full',
      });
    await next();
  });
  mountFileRoutes(app, deps);
  mountDownloadRoutes(app, { db: database.db, stores, log });
  mountUploadRoutes(app, deps);
  mountZipRoutes(app, { database, keys, stores, log });
  mountBlobRoutes(app, { database, stores, keys, clock, log });
  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>(
    (resolve) => {
      const started = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (address: AddressInfo) =>
        resolve({ server: started, port: address.port }),
      );
    },
  );
  return {
    url: `http://127.0.0.1:${port}`,
    root,
    store,
    deps,
    keys,
    changes,
    close: async () => {
      if ('closeAllConnections' in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(root, { recursive: true, force: true });
    },
  };
}
