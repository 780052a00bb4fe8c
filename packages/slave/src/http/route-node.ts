import { Hello, type HelloAnswer, type NodeConfig, SelfTest, slaveRoutes } from '@longshore/protocol';
import { parseSigned } from '@longshore/runtime';
import type { Hono } from 'hono';
import type { SlaveEnv } from './create-app.ts';
import type { RouteDependencies } from './route-dependencies.ts';

export function routeNode(app: Hono<SlaveEnv>, dependencies: RouteDependencies): void {
  const { masters, readVitals, selfTest, nodeConfig } = dependencies;

  app.post(slaveRoutes.hello, async (c) => {
    const hello = parseSigned(c, Hello);
    await masters.hello(c.get('peer').key, hello);
    return c.json({ vitals: await readVitals() } satisfies HelloAnswer);
  });

  app.post(slaveRoutes.selfTest, async (c) => {
    const test = parseSigned(c, SelfTest);
    return c.json(await selfTest(c.get('peer').key, test));
  });

  app.get(slaveRoutes.config, (c) => c.json(nodeConfig(c.get('peer').key.keyId) satisfies NodeConfig));
}
