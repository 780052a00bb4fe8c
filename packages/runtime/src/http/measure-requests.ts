import type { Socket } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { type Metrics, secondsBuckets } from '../metrics/create-metrics.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Measures every request by the template of its route, never by its path, which has ids and names of people. The
 * duration ends when the answer begins. Bytes are those of the connection, headers included, counted when the answer
 * has ended.
 */
export function measureRequests(metrics: Metrics): MiddlewareHandler {
  const duration = metrics.histogram({
    name: 'longshore_http_request_duration_seconds',
    help: 'Time from the headers of a request to those of its answer, by the template of the route.',
    labels: ['method', 'route', 'status'],
    buckets: secondsBuckets,
  });
  const bytes = metrics.counter({
    name: 'longshore_http_bytes_total',
    help: 'Bytes of requests (in) and answers (out), by the template of the route.',
    labels: ['route', 'direction'],
  });
  /** What was counted of a connection that is kept for several requests. */
  const counted = new WeakMap<Socket, { in: number; out: number }>();

  const countBytes = (socket: Socket, route: string): void => {
    const before = counted.get(socket) ?? { in: 0, out: 0 };
    const now = { in: socket.bytesRead, out: socket.bytesWritten };
    counted.set(socket, now);
    bytes.add({ route, direction: 'in' }, now.in - before.in);
    bytes.add({ route, direction: 'out' }, now.out - before.out);
  };

  return async (c, next) => {
    const startedMs = performance.now();
    await next();
    const route = routeOf(c);
    const method = methods.includes(c.req.method) ? c.req.method : 'OTHER';
    duration.observe({ method, route, status: String(c.res.status) }, (performance.now() - startedMs) / 1000);
    const bindings = c.env as Partial<HttpBindings> | undefined;
    const socket = bindings?.incoming?.socket;
    if (socket !== undefined) bindings?.outgoing?.once('close', () => countBytes(socket, route));
  };
}

/**
 * The route that has answered: the last that was reached. One with a wildcard at the end is middleware that refused, or
 * the console, whose paths are those of files.
 */
function routeOf(c: Context): string {
  const route = routePath(c);
  return route.endsWith('*') ? 'other' : route;
}
