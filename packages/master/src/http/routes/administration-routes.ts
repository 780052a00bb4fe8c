import type { OpenAPIHono } from '@hono/zod-openapi';
import { audit, type EndpointOutput, settings } from '@longshore/protocol';
import type { ConfigEntry } from '@longshore/runtime';
import type { Accounts } from '../../accounts/accounts.ts';
import { showAudit } from '../../accounts/show-audit.ts';
import type { HttpEnv } from '../http-env.ts';
import { mountEndpoint } from '../mount-endpoint.ts';

export function mountAdministrationRoutes(
  app: OpenAPIHono<HttpEnv>,
  deps: {
    accounts: Accounts;
    /** The configuration as it was read at the start, secrets masked. */
    entries: readonly ConfigEntry[];
  },
): void {
  mountEndpoint(app, audit.listAudit, ({ query }) => showAudit(deps.accounts, query));
  mountEndpoint(app, settings.listSettings, async () => ({ settings: deps.entries.map(viewSetting) }));
}

type Setting = EndpointOutput<(typeof settings)['listSettings']>['settings'][number];

const viewSetting = ({
  section,
  key,
  value,
  origin,
  place,
  description,
  unit,
  reloads,
}: ConfigEntry): Setting => ({
  section,
  key,
  value,
  origin,
  place,
  description,
  unit,
  needsRestart: !reloads,
});
