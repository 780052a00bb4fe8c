import type { OpenAPIHono } from '@hono/zod-openapi';
import { health, productVersion } from '@longshore/protocol';
import type { HttpEnv } from '../http-env.ts';
import { mountEndpoint } from '../mount-endpoint.ts';

/** `ready` throws `UNAVAILABLE` while requests cannot be served. */
export function mountHealthRoutes(app: OpenAPIHono<HttpEnv>, deps: { ready: () => Promise<void> }): void {
  mountEndpoint(app, health.healthz, async () => ({
    status: 'ok' as const,
    product: 'longshore-master' as const,
    version: productVersion,
  }));
  mountEndpoint(app, health.readyz, async () => {
    await deps.ready();
    return { status: 'ok' as const };
  });
}
