import { setTimeout as delay } from 'node:timers/promises';
import { AppError, type Hello, type NodeVitals, nodes } from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import { createLogger, systemClock } from '@longshore/runtime';
import { expect, it, onTestFinished } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { deriveMasterKeys } from '../secrets/master-keys.ts';
import { findNode } from '../store/nodes/node-rows.ts';
import { testActor } from '../testing/test-actor.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { startGreeter } from './greet-nodes.ts';
import type { NodeClient } from './node-client.ts';
import { createNodeRegistry } from './registry.ts';

describeDatabases('greetings', (open) => {
  it('N4 a node that answers but sends no heartbeat is said to be so without a break, and counted', async () => {
    let greetings = 0;
    const { greeter, node, registry, database } = await startWith(await open(), {
      heartbeatMs: 20,
      answer: () => {
        greetings += 1;
      },
    });
    const seen: (string | null)[] = [];
    while (seen.length < 5 || greetings < 5) {
      greeter.greetNow(node.id);
      const row = await findNode(database.db, node.id);
      const error = row?.last_error ?? null;
      const code = error === null ? null : (JSON.parse(error) as { code: string }).code;
      if (code !== null || seen.length > 0) seen.push(code);
      await delay(1);
    }
    expect([...new Set(seen)]).toEqual(['CALLBACK_FAILED']);
    expect((await registry.show('shed')).recentErrors).toMatchObject([
      { error: { code: 'CALLBACK_FAILED' }, times: expect.any(Number) },
    ]);
  });

  it('N1 a slave that starts after it was added is greeted at once, however long a heartbeat is', async () => {
    let isUp = false;
    let refusals = 0;
    const answered = Promise.withResolvers<void>();
    await startWith(await open(), {
      heartbeatMs: 60_000,
      answer: () => {
        if (isUp) return answered.resolve();
        refusals += 1;
        throw new AppError('NODE_REFUSED', 'nobody listens');
      },
    });
    await expect.poll(() => refusals, { timeout: 10_000 }).toBeGreaterThan(3);
    isUp = true;
    const startMs = performance.now();
    await answered.promise;
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });
});

/** A greeter of one node, "shed", whose program does what `answer` does. */
async function startWith(database: Database, options: { heartbeatMs: number; answer: () => void }) {
  const { heartbeatMs, answer } = options;
  const registry = createNodeRegistry({
    database,
    keys: deriveMasterKeys(new Uint8Array(32).fill(7)),
    heartbeatMs: 5_000,
    masterUrl: () => 'http://127.0.0.1:5212',
    changed: () => undefined,
  });
  const input = nodes.createNode.body.parse({ name: 'shed', url: 'http://127.0.0.1:5213' });
  const { node, secret } = await registry.create(input, testActor);
  const greeter = startGreeter({
    database,
    client: {
      hello: async () => {
        answer();
        const vitals = { bootId: crypto.randomUUID(), protocol: '1.1' } as NodeVitals;
        return { data: { vitals }, skewMs: 0, durationMs: 1 };
      },
    } as unknown as NodeClient,
    clock: systemClock,
    log: createLogger({ level: 'silent', format: 'json', program: 'master' }),
    heartbeatMs,
    hello: () => ({ nodeId: node.id, masterUrls: ['http://m'] }) as unknown as Hello,
    keysOf: () => ({ key: signingKey(secret), nextKey: null }),
    changed: () => undefined,
  });
  onTestFinished(() => greeter.stop());
  return { greeter, node, registry, database };
}
