import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  AppError,
  type ErrorBody,
  oidc,
  oidcRoutes,
  signInErrorCookie,
  toErrorInfo,
} from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Accounts } from '../../accounts/accounts.ts';
import type { IdentityProvider } from '../../accounts/oidc/identity-provider.ts';
import { signInExternally } from '../../accounts/oidc/sign-in-externally.ts';
import { giveSessionCookie } from '../authenticate-user.ts';
import type { HttpEnv } from '../http-env.ts';
import { actorOf, mountEndpoint } from '../mount-endpoint.ts';

const cookieName = 'longshore_oidc';
const purpose = 'pending sign-in';
const lifetimeMs = 10 * 60_000;
/** Browsers drop a cookie of more than 4096 bytes, and encoding may treble them. */
const mostMessage = 400;

const Pending = z.object({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  untilMs: z.number(),
});

/**
 * The way to the identity provider and back. What must come back is sealed into a cookie of the browser that set out:
 * no other browser can end a sign-in that it has not begun, and any master can take part in it.
 */
export function mountOidcRoutes(
  app: OpenAPIHono<HttpEnv>,
  deps: {
    accounts: Accounts;
    provider: IdentityProvider | null;
    /** The address that browsers know this site by. */
    publicUrl: () => string;
    log: Logger;
  },
): void {
  const { accounts, provider, publicUrl, log } = deps;
  const { clock, keys } = accounts;
  mountEndpoint(app, oidc.listSignInMethods, async () => ({
    oidc: provider === null ? null : { name: provider.settings.name, startUrl: oidcRoutes.start },
  }));
  if (provider === null) return;
  const cookieOptions = () => ({
    httpOnly: true,
    // The browser comes back from another site.
    sameSite: 'Lax' as const,
    path: '/api/v1/oidc',
    secure: isHttps(publicUrl()),
  });
  const redirectUri = (): string => `${publicUrl()}${oidcRoutes.callback}`;

  /** Back to the console, which shows what was wrong. Programs get it as it is. */
  const refuse = (c: Context<HttpEnv>, error: unknown, returnTo: string): Response => {
    if (!(error instanceof AppError) || !(c.req.header('accept') ?? '').includes('text/html')) throw error;
    const { message, ...info } = toErrorInfo(error);
    const body: ErrorBody = {
      error: { ...info, message: message.slice(0, mostMessage), requestId: c.get('requestId') },
    };
    setCookie(c, signInErrorCookie, JSON.stringify(body), {
      path: '/',
      sameSite: 'Lax',
      secure: isHttps(publicUrl()),
      maxAge: 60,
    });
    return c.redirect(returnTo);
  };

  app.get(oidcRoutes.start, async (c) => {
    const returnTo = localPath(c.req.query('returnTo'));
    const begun = await provider.begin(redirectUri()).catch((error: unknown) => refuse(c, error, returnTo));
    if (begun instanceof Response) return begun;
    const { url, pending } = begun;
    const sealed = keys.seal(
      purpose,
      JSON.stringify({ ...pending, returnTo, untilMs: clock.nowMs() + lifetimeMs }),
    );
    setCookie(c, cookieName, sealed, { ...cookieOptions(), maxAge: lifetimeMs / 1000 });
    return c.redirect(url);
  });

  app.get(oidcRoutes.callback, async (c) => {
    let returnTo = '/';
    try {
      const pending = openPending(c);
      returnTo = pending.returnTo;
      deleteCookie(c, cookieName, cookieOptions());
      const answer = new URL(redirectUri());
      answer.search = new URL(c.req.url).search;
      const identity = await provider.finish(answer, pending);
      const by = actorOf(c);
      const session = await signInExternally(accounts, { identity, settings: provider.settings, by });
      giveSessionCookie(c, session, { secure: isHttps(publicUrl()) });
    } catch (error) {
      const { cause } = error as Error;
      log.warn({ requestId: c.get('requestId'), err: error, reason: String(cause ?? '') }, 'sign-in refused');
      return refuse(c, error, returnTo);
    }
    return c.redirect(returnTo);
  });

  const openPending = (c: Context<HttpEnv>): z.infer<typeof Pending> => {
    const sealed = getCookie(c, cookieName);
    if (sealed === undefined) throw new AppError('OIDC_FAILED', 'this browser has begun no sign-in');
    const pending = Pending.safeParse(unsealed(sealed));
    if (!pending.success) throw new AppError('OIDC_FAILED', 'this browser has begun no sign-in');
    if (pending.data.untilMs <= clock.nowMs()) {
      throw new AppError('OIDC_FAILED', 'the sign-in took longer than ten minutes');
    }
    return pending.data;
  };
  const unsealed = (sealed: string): unknown => {
    try {
      return JSON.parse(keys.unseal(purpose, sealed));
    } catch (error) {
      if (error instanceof AppError || error instanceof SyntaxError) return undefined;
      throw error;
    }
  };
}

const isHttps = (url: string): boolean => url.startsWith('https:');

/** A path of this site and nothing else: "//host" and "/\host" are other sites for a browser. */
const localPath = (path: string | undefined): string =>
  path !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : '/';
