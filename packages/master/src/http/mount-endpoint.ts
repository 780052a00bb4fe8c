import { createRoute, type OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import { AppError, type Endpoint, type EndpointOutput, ErrorBody } from '@longshore/protocol';
import type { Context, MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import type { Actor } from '../store/audit/audit-rows.ts';
import type { Caller, HttpEnv } from './http-env.ts';
import { limitBody } from './limit-body.ts';

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** What a handler receives: everything parsed. `caller` is present unless the endpoint is public. */
export type Call<E extends Endpoint> = {
  params: Parsed<E['params']>;
  query: Parsed<E['query']>;
  body: Parsed<E['body']>;
  caller: E['access'] extends 'public' ? Caller | undefined : Caller;
  /** The caller and where the call comes from, for the audit log. */
  actor: Actor;
  requestId: string;
  /** The raw request, for headers and the address of the caller. */
  c: Context<HttpEnv>;
};

export type Handler<E extends Endpoint> = (call: Call<E>) => Promise<EndpointOutput<E>>;

/** The largest JSON body, in bytes: of strangers, and of people who are signed in. */
const maxBodyBytes = { public: 64 * 1024, user: 8 * 1024 * 1024, admin: 8 * 1024 * 1024 };

/**
 * Routes one operation of the contract: access check, parsing, one call of a use-case, the answer. Of a body that is
 * too large, or of somebody who may not call, nothing is read.
 */
export function mountEndpoint<E extends Endpoint>(
  app: OpenAPIHono<HttpEnv>,
  spec: E,
  handler: Handler<E>,
): void {
  app.openapi(toRoute(spec), async (c) => {
    const caller = c.get('caller');
    const valid = c.req.valid.bind(c.req) as (target: string) => unknown;
    const call = {
      params: spec.params && valid('param'),
      query: spec.query && valid('query'),
      body: spec.body && valid('json'),
      caller,
      actor: actorOf(c),
      requestId: c.get('requestId'),
      c,
    } as Call<E>;
    return c.json(await handler(call), spec.status);
  });
}

/** Who calls and from where, for the audit log. */
export function actorOf(c: Context<HttpEnv>): Actor {
  const caller = c.get('caller');
  return {
    userId: caller?.userId ?? null,
    userName: caller?.userName ?? null,
    address: c.get('address'),
    requestId: c.get('requestId'),
    userAgent: (c.req.header('user-agent') ?? '').slice(0, 256),
  };
}

function requireAccess(spec: Endpoint, caller: Caller | undefined): void {
  if (spec.access === 'public') return;
  if (caller === undefined)
    throw new AppError('UNAUTHENTICATED', 'this request carries no session or API token');
  if (spec.access === 'admin' && caller.role !== 'admin') {
    throw new AppError('FORBIDDEN', `"${caller.userName}" is not an administrator`);
  }
}

const guards = (spec: Endpoint): MiddlewareHandler<HttpEnv>[] => [
  async (c, next) => {
    requireAccess(spec, c.get('caller'));
    await next();
  },
  limitBody(maxBodyBytes[spec.access]),
];

const toRoute = (spec: Endpoint): RouteConfig & { getRoutingPath(): string } =>
  createRoute({
    method: spec.method,
    path: spec.path,
    tags: [spec.tag],
    summary: spec.summary,
    middleware: guards(spec),
    ...(spec.access === 'public' ? {} : { security: [{ bearer: [] }] }),
    request: {
      ...(spec.params === undefined ? {} : { params: spec.params }),
      ...(spec.query === undefined ? {} : { query: spec.query }),
      ...(spec.body === undefined
        ? {}
        : { body: { required: true, content: { 'application/json': { schema: spec.body } } } }),
    },
    responses: {
      [spec.status]: { description: 'Success', content: { 'application/json': { schema: spec.response } } },
      default: {
        description: 'An error of the catalogue',
        content: { 'application/json': { schema: ErrorBody } },
      },
    },
  });
