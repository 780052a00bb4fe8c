import type { OpenAPIHono } from '@hono/zod-openapi';
import { passkeys } from '@longshore/protocol';
import type { Accounts } from '../../accounts/accounts.ts';
import {
  addPasskey,
  removePasskey,
  showPasskeys,
  signInWithPasskey,
  startPasskey,
  startPasskeySignIn,
} from '../../accounts/passkeys.ts';
import { setSessionCookie } from '../authenticate-user.ts';
import type { HttpEnv } from '../http-env.ts';
import { mountEndpoint } from '../mount-endpoint.ts';

export function mountPasskeyRoutes(
  app: OpenAPIHono<HttpEnv>,
  deps: {
    accounts: Accounts;
    /** The address that browsers know this site by: passkeys belong to it. */
    publicUrl: () => string;
  },
): void {
  const { accounts, publicUrl } = deps;
  mountEndpoint(app, passkeys.listPasskeys, async ({ caller }) => ({
    passkeys: await showPasskeys(accounts, caller.userId),
  }));
  mountEndpoint(app, passkeys.startPasskey, ({ body, caller, actor }) =>
    startPasskey(accounts, { ...body, userId: caller.userId, publicUrl: publicUrl(), by: actor }),
  );
  mountEndpoint(app, passkeys.addPasskey, ({ body, caller, actor }) =>
    addPasskey(accounts, { ...body, userId: caller.userId, publicUrl: publicUrl(), by: actor }),
  );
  mountEndpoint(app, passkeys.deletePasskey, async ({ params, caller, actor }) => {
    await removePasskey(accounts, { id: params.id, userId: caller.userId, by: actor });
    return {};
  });
  mountEndpoint(app, passkeys.startPasskeySignIn, () => startPasskeySignIn(accounts, publicUrl()));
  mountEndpoint(app, passkeys.signInWithPasskey, async ({ body, actor, c }) => {
    const session = await signInWithPasskey(accounts, { ...body, publicUrl: publicUrl(), by: actor });
    setSessionCookie(c, session);
    return session;
  });
}
