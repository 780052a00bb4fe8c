import type { OpenAPIHono } from '@hono/zod-openapi';
import { accounts as contract, groups, security } from '@longshore/protocol';
import type { Accounts } from '../../accounts/accounts.ts';
import { createApiToken, removeApiToken, showApiTokens } from '../../accounts/api-tokens.ts';
import { changePassword } from '../../accounts/change-password.ts';
import { createGroup, deleteGroup, showGroups, updateGroup } from '../../accounts/groups.ts';
import { login } from '../../accounts/login.ts';
import { logout } from '../../accounts/logout.ts';
import { endOtherSessions, endSession, showSessions } from '../../accounts/sessions.ts';
import {
  confirmTwoFactor,
  disableTwoFactor,
  renewRecoveryCodes,
  resetTwoFactor,
  showTwoFactor,
  startTwoFactor,
} from '../../accounts/two-factor.ts';
import { createUser, deleteUser, showMe, showUsers, updateUser } from '../../accounts/users.ts';
import { clearSessionCookie, setSessionCookie } from '../authenticate-user.ts';
import type { HttpEnv } from '../http-env.ts';
import { mountEndpoint } from '../mount-endpoint.ts';

type AccountRouteDeps = {
  accounts: Accounts;
  /** The address that browsers know this site by. */
  publicUrl: () => string;
};

export function mountAccountRoutes(
  app: OpenAPIHono<HttpEnv>,
  { accounts, publicUrl }: AccountRouteDeps,
): void {
  mountEndpoint(app, contract.login, async ({ body, actor, c }) => {
    const session = await login(accounts, { ...body, by: actor });
    setSessionCookie(c, session);
    return session;
  });
  mountEndpoint(app, contract.logout, async ({ body, caller, actor, c }) => {
    await logout(accounts, { ...caller, ...body, by: actor });
    clearSessionCookie(c);
    return {};
  });
  mountEndpoint(app, contract.me, ({ caller }) => showMe(accounts, caller.userId));
  mountEndpoint(app, contract.changePassword, async ({ body, caller, actor, c }) => {
    const session = await changePassword(accounts, { ...body, userId: caller.userId, by: actor });
    setSessionCookie(c, session);
    return session;
  });
  mountEndpoint(app, contract.listTokens, async ({ caller }) => ({
    tokens: await showApiTokens(accounts, caller.userId),
  }));
  mountEndpoint(app, contract.createToken, ({ body, caller, actor }) =>
    createApiToken(accounts, { ...body, userId: caller.userId, by: actor }),
  );
  mountEndpoint(app, contract.deleteToken, async ({ params, caller, actor }) => {
    await removeApiToken(accounts, { id: params.id, userId: caller.userId, by: actor });
    return {};
  });
  mountSecurityRoutes(app, { accounts, publicUrl });
  mountUserRoutes(app, accounts);
  mountGroupRoutes(app, accounts);
}

function mountSecurityRoutes(app: OpenAPIHono<HttpEnv>, { accounts, publicUrl }: AccountRouteDeps): void {
  mountEndpoint(app, security.listSessions, async ({ caller }) => ({
    sessions: await showSessions(accounts, caller),
  }));
  mountEndpoint(app, security.endSession, async ({ params, caller, actor }) => {
    await endSession(accounts, { id: params.id, userId: caller.userId, by: actor });
    return {};
  });
  mountEndpoint(app, security.endOtherSessions, async ({ caller, actor }) => ({
    ended: await endOtherSessions(accounts, { ...caller, by: actor }),
  }));
  mountEndpoint(app, security.showTwoFactor, ({ caller }) => showTwoFactor(accounts, caller.userId));
  mountEndpoint(app, security.startTwoFactor, ({ body, caller, actor }) =>
    startTwoFactor(accounts, {
      ...body,
      userId: caller.userId,
      site: new URL(publicUrl()).host,
      by: actor,
    }),
  );
  mountEndpoint(app, security.confirmTwoFactor, ({ body, caller, actor }) =>
    confirmTwoFactor(accounts, { ...body, userId: caller.userId, by: actor }),
  );
  mountEndpoint(app, security.renewRecoveryCodes, ({ body, caller, actor }) =>
    renewRecoveryCodes(accounts, { ...body, userId: caller.userId, by: actor }),
  );
  mountEndpoint(app, security.disableTwoFactor, async ({ body, caller, actor }) => {
    await disableTwoFactor(accounts, { ...body, userId: caller.userId, by: actor });
    return {};
  });
  mountEndpoint(app, security.resetTwoFactor, async ({ params, actor }) => {
    await resetTwoFactor(accounts, { id: params.id, by: actor });
    return {};
  });
}

function mountUserRoutes(app: OpenAPIHono<HttpEnv>, accounts: Accounts): void {
  mountEndpoint(app, contract.listUsers, async () => ({ users: await showUsers(accounts) }));
  mountEndpoint(app, contract.createUser, ({ body, actor }) => createUser(accounts, { ...body, by: actor }));
  mountEndpoint(app, contract.updateUser, ({ params, body, actor }) =>
    updateUser(accounts, { ...body, id: params.id, by: actor }),
  );
  mountEndpoint(app, contract.deleteUser, async ({ params, actor }) => {
    await deleteUser(accounts, { id: params.id, by: actor });
    return {};
  });
}

function mountGroupRoutes(app: OpenAPIHono<HttpEnv>, accounts: Accounts): void {
  mountEndpoint(app, groups.listGroups, () => showGroups(accounts));
  mountEndpoint(app, groups.createGroup, ({ body, actor }) => createGroup(accounts, body, actor));
  mountEndpoint(app, groups.updateGroup, ({ params, body, actor }) =>
    updateGroup(accounts, { id: params.id, change: body, by: actor }),
  );
  mountEndpoint(app, groups.deleteGroup, async ({ params, actor }) => {
    await deleteGroup(accounts, { id: params.id, by: actor });
    return {};
  });
}
