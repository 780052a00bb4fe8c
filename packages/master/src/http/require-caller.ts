import { AppError } from '@longshore/protocol';
import type { Context } from 'hono';
import type { Caller, HttpEnv } from './http-env.ts';

/** Who is calling a route that does not go through `mountEndpoint`. Throws `UNAUTHENTICATED`. */
export function requireCaller(c: Context<HttpEnv>): Caller {
  const caller = c.get('caller');
  if (caller !== undefined) return caller;
  throw new AppError('UNAUTHENTICATED', 'this request carries no session or API token');
}
