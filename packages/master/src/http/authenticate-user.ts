import { AppError } from '@longshore/protocol';
import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Caller, HttpEnv } from './http-env.ts';

const cookieName = 'longshore_session';

/** Finds out who a credential stands for. Throws `UNAUTHENTICATED` or `TOKEN_EXPIRED`. */
export type Authenticate = (credential: string) => Promise<Caller>;

/**
 * Sets `caller` from `Authorization: Bearer` (a session token or an API token). Browsers, which cannot send that
 * header with event streams and links, use the session cookie. Without a credential there is no caller, and each
 * endpoint decides; a bearer credential that is wrong is refused here.
 */
export function authenticateUser(authenticate: Authenticate): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    c.set('caller', await findCaller(c, authenticate));
    await next();
  };
}

/** The caller as of now: an event stream asks again while it is open. */
export async function findCaller(
  c: Context<HttpEnv>,
  authenticate: Authenticate,
): Promise<Caller | undefined> {
  const bearer = bearerOf(c);
  if (bearer !== undefined) {
    const caller = await authenticate(bearer);
    if (caller.access === 'full' || isRead(c.req.method)) return caller;
    throw new AppError('FORBIDDEN', 'this API token may only read');
  }
  const cookie = getCookie(c, cookieName);
  if (cookie === undefined || cookie === '') return undefined;
  if (!isRead(c.req.method) && !isSameOrigin(c)) {
    throw new AppError('FORBIDDEN', 'a page of another site may not act in the name of the signed-in user');
  }
  try {
    return await authenticate(cookie);
  } catch (error) {
    // A browser keeps sending a cookie that is over, to the login too, which must stay reachable.
    if (error instanceof AppError && error.status === 401) return undefined;
    throw error;
  }
}

/** Gives a browser its session. Only a page of this site gets one, or others could sign its visitor in as somebody. */
export function setSessionCookie(c: Context<HttpEnv>, session: { token: string; expiresAtMs: number }): void {
  if (!isSameOrigin(c)) return;
  // What the browser sees, whatever proxies are in between.
  giveSessionCookie(c, session, { secure: c.req.header('origin')?.startsWith('https:') ?? false });
}

/** For a browser that is known to have begun this sign-in itself. */
export function giveSessionCookie(
  c: Context<HttpEnv>,
  session: { token: string; expiresAtMs: number },
  options: { secure: boolean },
): void {
  setCookie(c, cookieName, session.token, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    secure: options.secure,
    expires: new Date(session.expiresAtMs),
  });
}

export function clearSessionCookie(c: Context<HttpEnv>): void {
  if (getCookie(c, cookieName) !== undefined) deleteCookie(c, cookieName, { path: '/' });
}

export function bearerOf(c: Context<HttpEnv>): string | undefined {
  const header = c.req.header('authorization');
  // Another scheme was meant for a proxy in front of the master.
  if (header === undefined || !/^bearer(?: |$)/i.test(header)) return undefined;
  return header.slice('bearer '.length).trim();
}

const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD';

/**
 * True when a browser says that a page of this site sent the request. `Sec-Fetch-Site` cannot be set by pages;
 * browsers too old for it send `Origin`. With neither, nobody vouches for the request.
 */
function isSameOrigin(c: Context<HttpEnv>): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = c.req.header('origin');
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === c.req.header('host');
}
