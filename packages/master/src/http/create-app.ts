import type { IncomingMessage } from 'node:http';
import { OpenAPIHono } from '@hono/zod-openapi';
import { AppError, type ErrorBody, headers, toAppError, toErrorInfo } from '@longshore/protocol';
import { type Logger, type Metrics, measureRequests } from '@longshore/runtime';
import type { Context, ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { HttpEnv } from './http-env.ts';

/** An empty app with the manners of every route: request id, access log, one shape for every error. */
export function createApp(options: {
  log: Logger;
  metrics: Metrics;
  /** Turns errors of the database into `UNAVAILABLE`. */
  isUnavailable: (error: unknown) => boolean;
  /** The address that requests are counted and recorded by. */
  clientAddress: (incoming: IncomingMessage) => string;
}): OpenAPIHono<HttpEnv> {
  const { log, isUnavailable } = options;
  const app = new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const issue = result.error.issues[0];
      throw new AppError('BAD_REQUEST', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`);
    },
  });
  app.use(measureRequests(options.metrics));
  app.use(async (c, next) => {
    const requestId = safeRequestId(c.req.header(headers.requestId)) ?? crypto.randomUUID();
    c.set('requestId', requestId);
    c.set('address', options.clientAddress(c.env.incoming));
    const startedMs = performance.now();
    await next();
    c.res.headers.set(headers.requestId, requestId);
    c.res.headers.set('x-content-type-options', 'nosniff');
    const fields = { requestId, method: c.req.method, path: c.req.path, status: c.res.status };
    log.debug({ ...fields, durationMs: Math.round(performance.now() - startedMs) }, 'request answered');
  });
  const onError: ErrorHandler<HttpEnv> = (thrown, c) => {
    const error = translate(thrown, isUnavailable);
    const { incoming } = c.env;
    if (incoming?.destroyed === true && !incoming.complete) {
      log.debug({ requestId: c.get('requestId'), path: c.req.path, err: thrown }, 'caller has gone');
    } else if (error.status >= 500) {
      log.error({ requestId: c.get('requestId'), path: c.req.path, err: thrown }, 'request failed');
    }
    return errorResponse(c, error);
  };
  app.onError(onError);
  app.notFound((c) =>
    errorResponse(c, new AppError('NOT_FOUND', `nothing answers ${c.req.method} ${c.req.path}`)),
  );
  return app;
}

function translate(thrown: unknown, isUnavailable: (error: unknown) => boolean): AppError {
  if (thrown instanceof HTTPException) {
    const code = thrown.status === 413 ? 'BODY_TOO_LARGE' : 'BAD_REQUEST';
    return new AppError(code, thrown.message || 'the request is malformed', { cause: thrown });
  }
  if (isUnavailable(thrown)) return toAppError(thrown, 'UNAVAILABLE');
  if (thrown instanceof AppError) return thrown;
  return new AppError('INTERNAL', 'something went wrong in the master; its log has the details', {
    cause: thrown,
  });
}

function errorResponse(c: Context<HttpEnv>, error: AppError): Response {
  const body: ErrorBody = { error: { ...toErrorInfo(error), requestId: c.get('requestId') } };
  const retryAfter = error.details.retryAfterSeconds;
  if (typeof retryAfter === 'number') c.header('retry-after', String(Math.ceil(retryAfter)));
  else if (error.status === 503) c.header('retry-after', '5');
  return c.json(body, error.status as 400);
}

/** A request id chosen by the caller, if it is harmless in logs. */
const safeRequestId = (value: string | undefined): string | undefined =>
  value !== undefined && /^[A-Za-z0-9._-]{1,128}$/.test(value) ? value : undefined;
