import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { ServerEvent } from '@longshore/protocol';
import {
  type Clock,
  createClientAddress,
  createLogger,
  createMetrics,
  systemClock,
} from '@longshore/runtime';
import { sql } from 'kysely';
import { inject } from 'vitest';
import { type Accounts, createAccounts } from '../accounts/accounts.ts';
import { authenticate } from '../accounts/authenticate.ts';
import { createIdentityProvider, type OidcSettings } from '../accounts/oidc/identity-provider.ts';
import type { Database } from '../database/open-database.ts';
import { createEventHub, type EventHub } from '../events/event-hub.ts';
import { authenticateUser } from '../http/authenticate-user.ts';
import { createApp } from '../http/create-app.ts';
import { mountAccountRoutes } from '../http/routes/account-routes.ts';
import { mountAdministrationRoutes } from '../http/routes/administration-routes.ts';
import { mountApiDocs } from '../http/routes/api-docs-routes.ts';
import { mountEventRoutes } from '../http/routes/event-routes.ts';
import { mountHealthRoutes } from '../http/routes/health-routes.ts';
import { mountOidcRoutes } from '../http/routes/oidc-routes.ts';
import { mountPasskeyRoutes } from '../http/routes/passkey-routes.ts';
import { deriveMasterKeys } from '../secrets/master-keys.ts';
import { quickPasswords } from './quick-passwords.ts';

export const testKeys = deriveMasterKeys(new Uint8Array(32).fill(9));

/** The routes of accounts, events, health and documentation over real HTTP. */
export type AccountServer = {
  readonly url: string;
  readonly accounts: Accounts;
  readonly hub: EventHub;
  /** What `currentProgress` answers. */
  readonly progress: ServerEvent[];
  close(): Promise<void>;
};

export async function serveAccounts(
  database: Database,
  options: { clock?: Clock; ready?: () => Promise<void>; oidc?: OidcSettings } = {},
): Promise<AccountServer> {
  const clock = options.clock ?? systemClock;
  const log = createLogger({ program: 'test', level: 'silent', format: 'json' });
  const accounts = { ...createAccounts({ database, clock, keys: testKeys }), passwords: quickPasswords };
  const hub = await createEventHub({ database, postgresUrl: await postgresUrlOf(database), log });
  const identify = (credential: string) => authenticate(accounts, credential);
  const progress: ServerEvent[] = [];
  const clientAddress = createClientAddress({ trustedProxies: ['127.0.0.1'], header: 'x-forwarded-for' });
  const app = createApp({
    log,
    metrics: createMetrics(),
    isUnavailable: database.isUnavailable,
    clientAddress,
  });
  app.use('/api/*', authenticateUser(identify));
  mountAccountRoutes(app, { accounts, publicUrl: () => url });
  let url = '';
  const provider = options.oidc === undefined ? null : createIdentityProvider(options.oidc);
  mountPasskeyRoutes(app, { accounts, publicUrl: () => url });
  mountOidcRoutes(app, { accounts, provider, publicUrl: () => url, log });
  mountAdministrationRoutes(app, { accounts, entries: [] });
  mountEventRoutes(app, {
    hub,
    database,
    log,
    authenticate: identify,
    currentProgress: async () => progress,
  });
  mountHealthRoutes(app, { ready: options.ready ?? database.ping });
  mountApiDocs(app);
  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>(
    (resolve) => {
      const started = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (address: AddressInfo) =>
        resolve({ server: started, port: address.port }),
      );
    },
  );
  url = `http://127.0.0.1:${port}`;
  return {
    url,
    accounts,
    hub,
    progress,
    close: async () => {
      await hub.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The address of a test database, for the connection that listens. Null for SQLite. */
export async function postgresUrlOf(database: Database): Promise<string | null> {
  if (database.dialect === 'sqlite') return null;
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(database.db);
  return new URL(`/${rows[0]?.name}`, inject('postgresAdminUrl')).href;
}
