import type { OpenAPIHono } from '@hono/zod-openapi';
import { AppError } from '@longshore/protocol';
import { isSameToken, type Metrics, metricsContentType } from '@longshore/runtime';
import { type Authenticate, bearerOf, findCaller } from '../authenticate-user.ts';
import type { HttpEnv } from '../http-env.ts';

/** `GET /metrics`, for whoever has the token of the configuration, and for administrators. */
export function mountMetricsRoutes(
  app: OpenAPIHono<HttpEnv>,
  deps: { metrics: Metrics; token: string | undefined; authenticate: Authenticate },
): void {
  const { metrics, token, authenticate } = deps;
  app.get('/metrics', async (c) => {
    const bearer = bearerOf(c);
    const isScraper = token !== undefined && bearer !== undefined && isSameToken(bearer, token);
    if (!isScraper) {
      const caller = await findCaller(c, authenticate);
      if (caller === undefined) {
        throw new AppError(
          'UNAUTHENTICATED',
          '/metrics wants the token of [Metrics] Token, or an administrator',
        );
      }
      if (caller.role !== 'admin') {
        throw new AppError('FORBIDDEN', `"${caller.userName}" is not an administrator`);
      }
    }
    return c.body(await metrics.render(), 200, {
      'content-type': metricsContentType,
      'cache-control': 'no-store',
    });
  });
}
