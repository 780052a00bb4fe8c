import type { Clock, Logger } from '@longshore/runtime';
import type { IdentityProvider, OidcSettings } from './accounts/oidc/identity-provider.ts';
import type { MasterConfig } from './config.ts';
import type { DatabaseDialect } from './database/dialect.ts';
import { openSqlite } from './database/dialects/sqlite.ts';

// What only some masters need is loaded where it is needed: loading is most of what a start takes.

export async function openDialect(
  settings: MasterConfig['database'],
  { clock, log }: { clock: Clock; log: Logger },
): Promise<DatabaseDialect> {
  if (settings.type === 'sqlite') return openSqlite({ path: settings.path, clock });
  const { openPostgres } = await import('./database/dialects/postgres.ts');
  const onLostConnection = (err: Error): void => log.warn({ err }, 'database connection lost');
  return openPostgres({ ...settings, onLostConnection });
}

export async function openIdentityProvider(settings: OidcSettings): Promise<IdentityProvider> {
  const { createIdentityProvider } = await import('./accounts/oidc/identity-provider.ts');
  return createIdentityProvider(settings);
}
