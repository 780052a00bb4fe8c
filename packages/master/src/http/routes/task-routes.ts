import type { OpenAPIHono } from '@hono/zod-openapi';
import { AppError, type TaskId, tasks, type UserId } from '@longshore/protocol';
import type { Tasks } from '../../tasks/tasks.ts';
import type { Caller, HttpEnv } from '../http-env.ts';
import { mountEndpoint } from '../mount-endpoint.ts';

/** Administrators may look at and act on everybody's tasks, by id. */
const scopeOf = (caller: Caller): UserId | null => (caller.role === 'admin' ? null : caller.userId);

export function mountTaskRoutes(app: OpenAPIHono<HttpEnv>, use: Tasks): void {
  mountEndpoint(app, tasks.submitTask, async ({ body, caller, actor, requestId, c }) => {
    const idempotencyKey = parseIdempotencyKey(c.req.header('idempotency-key'));
    const byAdmin = caller.role === 'admin';
    return use.submit({
      request: body,
      userId: caller.userId,
      byAdmin,
      requestId,
      idempotencyKey,
      retryOf: null,
      by: actor,
      traceparent: c.req.header('traceparent') ?? null,
    });
  });
  mountEndpoint(app, tasks.submitTasks, async ({ body, caller, actor, requestId, c }) => {
    const idempotencyKey = parseIdempotencyKey(c.req.header('idempotency-key'));
    const results = await use.submitMany(body.tasks, {
      userId: caller.userId,
      byAdmin: caller.role === 'admin',
      requestId,
      idempotencyKey,
      retryOf: null,
      by: actor,
      traceparent: c.req.header('traceparent') ?? null,
    });
    return { results };
  });
  mountEndpoint(app, tasks.listTasks, async ({ query, caller }) => {
    if (query.everybody === 'true' && caller.role !== 'admin') {
      throw new AppError('FORBIDDEN', `"${caller.userName}" may only see their own tasks`);
    }
    return use.list({ ...query, userId: query.everybody === 'true' ? null : caller.userId });
  });
  mountEndpoint(app, tasks.cleanUpTasks, async ({ body, caller, actor }) => {
    if (body.everybody && caller.role !== 'admin') {
      throw new AppError('FORBIDDEN', `"${caller.userName}" may only clean up their own tasks`);
    }
    const userId = body.everybody ? null : caller.userId;
    return { deleted: await use.cleanUp({ ...body, userId, by: actor }) };
  });
  mountEndpoint(app, tasks.bulkTasks, async ({ body, caller, actor, requestId, c }) => {
    const idempotencyKey = parseIdempotencyKey(c.req.header('idempotency-key'));
    const userId = scopeOf(caller);
    return { results: await use.bulk({ ...body, userId, by: actor, requestId, idempotencyKey }) };
  });
  mountEndpoint(app, tasks.showTask, ({ params, caller }) => use.show(scoped(params.id, caller)));
  mountEndpoint(app, tasks.listRejected, ({ params, query, caller }) =>
    use.rejected({ ...scoped(params.id, caller), ...query }),
  );
  mountEndpoint(app, tasks.readTaskLog, ({ params, query, caller }) =>
    use.log({ ...scoped(params.id, caller), ...query }),
  );
  mountEndpoint(app, tasks.cancelTask, ({ params, caller, actor }) =>
    use.cancel({ ...scoped(params.id, caller), by: actor }),
  );
  mountEndpoint(app, tasks.retryTask, ({ params, body, caller, actor, requestId, c }) =>
    use.retry({
      ...scoped(params.id, caller),
      ...body,
      byAdmin: caller.role === 'admin',
      by: actor,
      requestId,
      idempotencyKey: parseIdempotencyKey(c.req.header('idempotency-key')),
    }),
  );
  mountEndpoint(app, tasks.deleteTask, async ({ params, caller, actor }) => {
    await use.remove({ ...scoped(params.id, caller), by: actor });
    return {};
  });
}

const scoped = (id: TaskId, caller: Caller) => ({ id, userId: scopeOf(caller) });

function parseIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (/^[\x21-\x7e]{1,128}$/.test(header)) return header;
  throw new AppError('BAD_REQUEST', 'Idempotency-Key: use 1 to 128 printable characters without spaces');
}
