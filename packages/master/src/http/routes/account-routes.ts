import type { OpenAPIHono } from '@hono/zod-openapi';
import { accounts as contract, groups } from '@longshore/protocol';
import type { Context } from 'hono';
import type { Accounts } from '../../accounts/accounts.ts';
import { createApiToken, removeApiToken, showApiTokens } from '../../accounts/api-tokens.ts';
import { changePassword } from '../../accounts/change-password.ts';
import { createGroup, deleteGroup, showGroups, updateGroup } from '../../accounts/groups.ts';
import { login } from '../../accounts/login.ts';
import { logout } from '../../accounts/logout.ts';
import { createUser, deleteUser, showMe, showUsers, updateUser } from '../../accounts/users.ts';
import { clearSessionCookie, setSessionCookie } from '../authenticate-user.ts';
import type { HttpEnv } from '../http-env.ts';
import { mountEndpoint } from '../mount-endpoint.ts';

export type AccountRouteDeps = {
  accounts: Accounts;
  /** The address that failed logins are counted by. */
  clientAddress: (c: Context<HttpEnv>) => string;
};

export function mountAccountRoutes(app: OpenAPIHono<HttpEnv>, deps: AccountRouteDeps): void {
  const { accounts, clientAddress } = deps;
  mountEndpoint(app, contract.login, async ({ body, c }) => {
    const session = await login(accounts, { ...body, address: clientAddress(c) });
    setSessionCookie(c, session);
    return session;
  });
  mountEndpoint(app, contract.logout, async ({ body, caller, c }) => {
    await logout(accounts, { ...caller, ...body });
    clearSessionCookie(c);
    return {};
  });
  mountEndpoint(app, contract.me, ({ caller }) => showMe(accounts, caller.userId));
  mountEndpoint(app, contract.changePassword, async ({ body, caller, c }) => {
    const address = clientAddress(c);
    const session = await changePassword(accounts, { ...body, userId: caller.userId, address });
    setSessionCookie(c, session);
    return session;
  });
  mountEndpoint(app, contract.listTokens, async ({ caller }) => ({
    tokens: await showApiTokens(accounts, caller.userId),
  }));
  mountEndpoint(app, contract.createToken, ({ body, caller }) =>
    createApiToken(accounts, { ...body, userId: caller.userId }),
  );
  mountEndpoint(app, contract.deleteToken, async ({ params, caller }) => {
    await removeApiToken(accounts, { id: params.id, userId: caller.userId });
    return {};
  });
  mountUserRoutes(app, accounts);
  mountGroupRoutes(app, accounts);
}

function mountUserRoutes(app: OpenAPIHono<HttpEnv>, accounts: Accounts): void {
  mountEndpoint(app, contract.listUsers, async () => ({ users: await showUsers(accounts) }));
  mountEndpoint(app, contract.createUser, ({ body }) => createUser(accounts, body));
  mountEndpoint(app, contract.updateUser, ({ params, body, caller }) =>
    updateUser(accounts, { ...body, id: params.id, byUserId: caller.userId }),
  );
  mountEndpoint(app, contract.deleteUser, async ({ params }) => {
    await deleteUser(accounts, params.id);
    return {};
  });
}

function mountGroupRoutes(app: OpenAPIHono<HttpEnv>, accounts: Accounts): void {
  mountEndpoint(app, groups.listGroups, () => showGroups(accounts));
  mountEndpoint(app, groups.createGroup, ({ body }) => createGroup(accounts, body));
  mountEndpoint(app, groups.updateGroup, ({ params, body }) => updateGroup(accounts, params.id, body));
  mountEndpoint(app, groups.deleteGroup, async ({ params }) => {
    await deleteGroup(accounts, params.id);
    return {};
  });
}
