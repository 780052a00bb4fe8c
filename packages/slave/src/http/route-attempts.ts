import {
  AppError,
  type ArchiveListing,
  type CancelAnswer,
  CancelAttempts,
  Dispatch,
  type DispatchAnswer,
  ListArchive,
  slaveRoutes,
} from '@longshore/protocol';
import { answerSigned, parseSigned } from '@longshore/runtime';
import type { Hono } from 'hono';
import type { SlaveEnv } from './create-app.ts';
import type { RouteDependencies } from './route-dependencies.ts';

export function routeAttempts(app: Hono<SlaveEnv>, dependencies: RouteDependencies): void {
  const { acceptAttempts, stopAttempts, previewArchive, masters } = dependencies;

  app.post(slaveRoutes.attempts, async (c) => {
    const { attempts } = parseSigned(c, Dispatch);
    const { keyId } = c.get('peer').key;
    await masters.meet(keyId);
    const results = await acceptAttempts(keyId, attempts);
    const anyNew = results.some(({ verdict }) => verdict === 'accepted');
    return answerSigned(c, { results } satisfies DispatchAnswer, anyNew ? 202 : 200);
  });

  app.post(slaveRoutes.cancel, async (c) => {
    const { attempts } = parseSigned(c, CancelAttempts);
    const { keyId } = c.get('peer').key;
    await masters.meet(keyId);
    return answerSigned(c, { unknown: await stopAttempts(keyId, attempts) } satisfies CancelAnswer, 202);
  });

  app.post(slaveRoutes.listArchive, async (c) => {
    const request = parseSigned(c, ListArchive);
    const link = await masters.meet(c.get('peer').key.keyId);
    if (link === undefined) throw new AppError('UNAVAILABLE', 'the master has not said hello yet');
    const signal = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(dependencies.callbackTimeoutMs)]);
    return answerSigned(c, (await previewArchive(request, link, signal)) satisfies ArchiveListing);
  });
}
