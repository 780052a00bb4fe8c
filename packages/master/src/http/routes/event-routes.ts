import type { OpenAPIHono } from '@hono/zod-openapi';
import { AppError, EventStreamQuery, eventsRoute } from '@longshore/protocol';
import type { Context } from 'hono';
import { type EventStreamDeps, openEventStream } from '../../events/open-event-stream.ts';
import { type Authenticate, findCaller } from '../authenticate-user.ts';
import type { Caller, HttpEnv } from '../http-env.ts';
import { requireCaller } from '../require-caller.ts';

const maxStreamsPerUser = 16;

export type EventRouteDeps = EventStreamDeps & { authenticate: Authenticate };

/** `GET /api/v1/events`: server-sent events, as described in the protocol. */
export function mountEventRoutes(app: OpenAPIHono<HttpEnv>, deps: EventRouteDeps): void {
  const open = new Map<string, number>();
  const release = (userId: string): void => {
    const left = (open.get(userId) ?? 1) - 1;
    if (left > 0) open.set(userId, left);
    else open.delete(userId);
  };
  app.get(eventsRoute, (c) => {
    const caller = requireCaller(c);
    const query = parseQuery(c, caller);
    // Nobody would read the body that answers a HEAD.
    if (c.req.method === 'HEAD') return c.body(null, 200, streamHeaders);
    takeSlot(open, caller);
    const body = openEventStream(deps, {
      viewer: { userId: caller.userId, isAdmin: caller.role === 'admin', everybody: query.everybody },
      lastEventId: query.lastEventId,
      stillAllowed: () => isSameCaller(c, caller, deps.authenticate),
      cut: () => c.env.outgoing.destroy(),
      onEnd: () => release(caller.userId),
    });
    return c.body(body, 200, streamHeaders);
  });
}

const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // nginx would collect the events before it passes them on.
  'x-accel-buffering': 'no',
};

function parseQuery(c: Context<HttpEnv>, caller: Caller): EventStreamQuery {
  // A browser that reconnects sends its newest id in the header, and the address as it was at first.
  const lastEventId = c.req.header('last-event-id') || c.req.query('lastEventId');
  const parsed = EventStreamQuery.safeParse({ lastEventId, everybody: c.req.query('everybody') });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError('BAD_REQUEST', `${issue?.path.join('.')}: ${issue?.message}`);
  }
  if (parsed.data.everybody && caller.role !== 'admin') {
    throw new AppError('FORBIDDEN', `"${caller.userName}" is not an administrator`);
  }
  return parsed.data;
}

function takeSlot(open: Map<string, number>, caller: Caller): void {
  const count = open.get(caller.userId) ?? 0;
  if (count >= maxStreamsPerUser) {
    throw new AppError('RATE_LIMITED', `"${caller.userName}" has ${count} event streams open already`, {
      details: { retryAfterSeconds: 15 },
    });
  }
  open.set(caller.userId, count + 1);
}

/** A role that has changed ends the stream too: the client comes back and gets what it may see now. */
async function isSameCaller(
  c: Context<HttpEnv>,
  caller: Caller,
  authenticate: Authenticate,
): Promise<boolean> {
  try {
    const now = await findCaller(c, authenticate);
    return now?.userId === caller.userId && now.role === caller.role;
  } catch (error) {
    if (error instanceof AppError && error.status === 401) return false;
    throw error;
  }
}
