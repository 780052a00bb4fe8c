/**
 * What it costs a master to hear from many nodes: simulated slaves that send a signed heartbeat every five seconds.
 *
 *   node bench/heartbeats.ts [nodes] [seconds]         500 and 30 unless said otherwise
 */
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { HeartbeatAnswer, masterRoutes, nodes } from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import { createPeerClient, listen, signedRequests, systemClock } from '@longshore/runtime';
import { closeAll } from '../test/support/programs.ts';
import { cpuSeconds, percentile, startCluster } from './lib/cluster.ts';

const [count = 500, seconds = 30] = process.argv.slice(2).map(Number);
const everyMs = 5_000;

const vitals = (bootId: string) => ({
  version: '0.1.0',
  protocol: '1.1',
  bootId,
  uptimeMs: 1,
  clockMs: Date.now(),
  capabilities: ['create-archive', 'extract-archive', 'check'],
  workers: 15,
  running: 0,
  queued: 0,
  load1: 0.1,
  cores: 4,
  memoryFreeBytes: 1e9,
  memoryTotalBytes: 4e9,
  rssBytes: 1e8,
  temp: null,
});

const cluster = await startCluster([]);
const slaves: { key: ReturnType<typeof signingKey>; bootId: string }[] = [];

// The master asks at the address of a node whether the slave that calls is the one there.
const { Hono } = createRequire(new URL('../packages/runtime/package.json', import.meta.url))('hono');
const app = new Hono();
app.use(
  '/slave/*',
  signedRequests({
    role: 'slave',
    findKey: (keyId) => slaves.find(({ key }) => key.keyId === keyId)?.key,
    nonces: { remember: () => 'new' },
    clock: systemClock,
    maxSkewMs: 60_000,
    signatureTtlSeconds: 60,
    maxBodyBytes: 1024 * 1024,
  }),
);
type SignedContext = { get(name: 'peer'): { key: { keyId: string } }; json(body: unknown): Response };
app.post('/slave/v1/hello', (c: SignedContext) => {
  const slave = slaves.find(({ key }) => key.keyId === c.get('peer').key.keyId);
  return c.json({ vitals: vitals(slave?.bootId ?? '') });
});
const server = await listen(app, {
  place: { type: 'http', address: { host: '0.0.0.0', port: 0 } },
  requestTimeoutMs: 0,
});
for (let index = 0; index < count; index += 1) {
  const host = `127.1.${index >> 8}.${index & 255}`;
  const body = { name: `node-${index}`, weight: 1, url: `http://${host}:${server.port}` };
  const { secret } = await cluster.call(nodes.createNode, { body });
  slaves.push({ key: signingKey(secret), bootId: crypto.randomUUID() });
}
const peers = createPeerClient({ clock: systemClock, signatureTtlSeconds: 60 });
const durations: number[] = [];
const beat = async ({ key, bootId }: (typeof slaves)[number]): Promise<void> => {
  const { durationMs } = await peers.call({
    baseUrl: cluster.master.url,
    key,
    path: masterRoutes.heartbeat,
    body: { vitals: vitals(bootId), holding: [] },
    response: HeartbeatAnswer,
    requestId: crypto.randomUUID(),
    timeoutMs: 10_000,
  });
  durations.push(durationMs);
};

/** Heartbeats of all nodes, evenly over the time between two of one. */
async function run(forSeconds: number): Promise<void> {
  const startedMs = performance.now();
  const sending: Promise<void>[] = [];
  for (let sent = 0; sent < (forSeconds * 1000 * count) / everyMs; sent += 1) {
    const leftMs = startedMs + (sent * everyMs) / count - performance.now();
    if (leftMs > 0) await pause(leftMs);
    const slave = slaves[sent % count];
    if (slave !== undefined) sending.push(beat(slave));
  }
  await Promise.all(sending);
}

await run(everyMs / 1000);
durations.length = 0;
const cpu = cpuSeconds(cluster.master.child.pid);
await run(seconds);
const used = cpuSeconds(cluster.master.child.pid) - cpu;
console.log(
  `load average ${loadavg()[0]?.toFixed(1)}, ${count} nodes, a heartbeat every ${everyMs / 1000} s`,
);
console.log(
  `CPU of the master ${((used * 100) / seconds).toFixed(1)} % of a core, ${((used * 1000) / durations.length).toFixed(2)} ms a heartbeat`,
);
console.log(
  `answered after p50 ${percentile(durations, 0.5).toFixed(1)} ms, p99 ${percentile(durations, 0.99).toFixed(1)} ms`,
);
peers.close();
await closeAll();
process.exit(0);
