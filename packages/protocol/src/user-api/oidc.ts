import { z } from 'zod';
import { endpoint } from './endpoint.ts';

export const oidc = {
  listSignInMethods: endpoint({
    method: 'get',
    path: '/api/v1/sign-in-methods',
    tag: 'Accounts',
    summary: 'How one can sign in besides name and password',
    access: 'public',
    status: 200,
    response: z.object({
      /** The identity provider: what its button says; null when there is none. */
      oidc: z.object({ name: z.string(), startUrl: z.string() }).nullable(),
    }),
  }),
} as const;

/**
 * Why a sign-in on that way has failed, for the page that the browser is sent to: an `ErrorBody` as JSON, percent-encoded,
 * readable by scripts and gone after a minute. A cookie, because anybody could make up an address that says it.
 */
export const signInErrorCookie = 'longshore_sign_in_error';

/**
 * Signing in with the identity provider is done by a browser that goes to `start`: it is sent to the provider, comes
 * back to `callback`, gets its session cookie and is sent on to the console, with or without success.
 */
export const oidcRoutes = { start: '/api/v1/oidc/start', callback: '/api/v1/oidc/callback' } as const;
