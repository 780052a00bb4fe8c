import { AppError } from '@longshore/protocol';
import type { NonceStore, SigningKey } from '@longshore/protocol/server';
import {
  type Clock,
  type Logger,
  type Metrics,
  measureRequests,
  type SignedEnv,
  signedRequests,
} from '@longshore/runtime';
import { Hono } from 'hono';
import type { CorsRules } from '../config.ts';
import { allowOrigins } from './allow-origins.ts';
import { answerError, type ClientAddress } from './answer-error.ts';
import { routeAttempts } from './route-attempts.ts';
import type { RouteDependencies } from './route-dependencies.ts';
import { routeMetrics } from './route-metrics.ts';
import { routeNode } from './route-node.ts';

export type SlaveEnv = SignedEnv<SigningKey>;

const maxBodyBytes = 64 * 1024 * 1024;

/** The HTTP side of the slave. Everything below /slave/v1 is signed; /healthz says no more than that it lives. */
export function createApp(
  dependencies: RouteDependencies & {
    keys: ReadonlyMap<string, SigningKey>;
    nonces: NonceStore;
    clock: Clock;
    maxSkewMs: number;
    signatureTtlSeconds: number;
    log: Logger;
    corsRules: () => CorsRules;
    clientAddress: ClientAddress;
    metrics: Metrics;
    metricsToken: string | undefined;
  },
): Hono<SlaveEnv> {
  const { keys, nonces, clock, maxSkewMs, signatureTtlSeconds, log, clientAddress } = dependencies;
  const app = new Hono<SlaveEnv>();
  app.use(measureRequests(dependencies.metrics));
  app.use(allowOrigins(dependencies.corsRules));
  app.get('/healthz', (c) => c.json({ ok: true }));
  routeMetrics(app, { metrics: dependencies.metrics, token: dependencies.metricsToken });
  app.use(
    '/slave/v1/*',
    signedRequests({
      role: 'slave',
      findKey: (keyId) => keys.get(keyId),
      nonces,
      clock,
      maxSkewMs,
      signatureTtlSeconds,
      maxBodyBytes,
    }),
  );
  routeNode(app, dependencies);
  routeAttempts(app, dependencies);
  app.notFound((c) =>
    answerError(c, new AppError('NOT_FOUND', `there is no ${c.req.method} ${c.req.path}`), {
      log,
      clientAddress,
    }),
  );
  app.onError((error, c) => answerError(c, error, { log, clientAddress }));
  return app;
}
