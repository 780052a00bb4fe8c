import { AppError } from '@longshore/protocol';
import { isSameToken, type Metrics, metricsContentType } from '@longshore/runtime';
import type { Hono } from 'hono';
import type { SlaveEnv } from './create-app.ts';

/** `GET /metrics`, for whoever has the token of the configuration; without one it is not there. */
export function routeMetrics(
  app: Hono<SlaveEnv>,
  options: { metrics: Metrics; token: string | undefined },
): void {
  const { metrics, token } = options;
  if (token === undefined) return;
  app.get('/metrics', async (c) => {
    const given = /^bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    if (!isSameToken(given, token))
      throw new AppError('UNAUTHENTICATED', '/metrics wants the token of [Metrics] Token');
    return c.body(await metrics.render(), 200, {
      'content-type': metricsContentType,
      'cache-control': 'no-store',
    });
  });
}
