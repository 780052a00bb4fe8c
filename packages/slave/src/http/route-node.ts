import { Hello, type HelloAnswer, type NodeConfig, SelfTest, slaveRoutes } from '@longshore/protocol';
import { answerSigned, parseSigned } from '@longshore/runtime';
import type { Hono } from 'hono';
import type { SlaveEnv } from './create-app.ts';
import type { RouteDependencies } from './route-dependencies.ts';

export function routeNode(app: Hono<SlaveEnv>, dependencies: RouteDependencies): void {
  const { masters, readVitals, selfTest, nodeConfig } = dependencies;

  app.post(slaveRoutes.hello, async (c) => {
    const hello = parseSigned(c, Hello);
    await masters.hello(c.get('peer').key, hello);
    return answerSigned(c, { vitals: await readVitals() } satisfies HelloAnswer);
  });

  app.post(slaveRoutes.selfTest, async (c) => {
    const test = parseSigned(c, SelfTest);
    return answerSigned(c, await selfTest(c.get('peer').key, test));
  });

  app.get(slaveRoutes.config, (c) =>
    answerSigned(c, nodeConfig(c.get('peer').key.keyId) satisfies NodeConfig),
  );
}
