/**
 * What a signature costs: requests per second of CPU that a server accepts, by Hono alone and with everything that
 * stands before a handler of the node protocol (signature, nonce, digest, signed answer).
 *
 *   node bench/signed-accepts.ts [requests]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { generateSecret, signingKey, signRequest } from '@longshore/protocol/server';
import { answerSigned, listen, signedRequests, systemClock } from '@longshore/runtime';
import { cpuSeconds, percentile } from './lib/cluster.ts';

const key = signingKey(process.argv[4] ?? generateSecret());
const path = '/slave/v1/accept';
const rounds = 5;
const connections = 32;

async function serve(kind: string): Promise<void> {
  const { Hono } = createRequire(new URL('../packages/runtime/package.json', import.meta.url))('hono');
  const app = new Hono();
  const seen = new Set<string>();
  if (kind === 'signed') {
    app.use(
      '/slave/*',
      signedRequests({
        role: 'slave',
        findKey: () => key,
        nonces: {
          remember: (_keyId, nonce) => (seen.size < seen.add(nonce).size ? 'new' : 'seen'),
        },
        clock: systemClock,
        maxSkewMs: 60_000,
        signatureTtlSeconds: 60,
        maxBodyBytes: 1024 * 1024,
      }),
    );
  }
  app.post(path, async (c: Parameters<typeof answerSigned>[0]) => {
    if (kind === 'signed') return answerSigned(c, { ok: true });
    await c.req.json();
    return c.json({ ok: true });
  });
  const { port } = await listen(app, {
    place: { type: 'http', address: { host: '127.0.0.1', port: 0 } },
    requestTimeoutMs: 0,
  });
  process.send?.(port);
}

async function measure(kind: string, count: number): Promise<{ rate: number; perCpuSecond: number }> {
  const server = fork(import.meta.filename, ['serve', kind, key.secret]);
  const [port] = (await once(server, 'message')) as [number];
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const body = Buffer.from(JSON.stringify({ attempts: [{ partId: crypto.randomUUID(), attempt: 1 }] }));
  const post = (headers: Record<string, string>): Promise<void> =>
    new Promise((resolve, reject) => {
      const sending = request(
        { agent, port, host: '127.0.0.1', method: 'POST', path, headers },
        (response) => {
          if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode}`));
          response.resume().once('end', resolve);
        },
      );
      sending.once('error', reject).end(body);
    });
  const signed = (): Record<string, string> =>
    signRequest({
      key,
      method: 'POST',
      target: path,
      body,
      requestId: 'r',
      nowMs: Date.now(),
      ttlSeconds: 60,
    }).headers;
  const common = { 'content-type': 'application/json', 'content-length': String(body.length) };
  const drive = async (requests: Record<string, string>[]): Promise<void> => {
    const send = async (): Promise<void> => {
      for (let headers = requests.pop(); headers !== undefined; headers = requests.pop()) await post(headers);
    };
    await Promise.all(Array.from({ length: connections }, send));
  };
  const many = (length: number) => Array.from({ length }, () => ({ ...common, ...signed() }));
  await drive(many(count / 5));
  const requests = many(count);
  const [startedMs, cpu] = [performance.now(), cpuSeconds(server.pid)];
  await drive(requests);
  const [seconds, used] = [(performance.now() - startedMs) / 1000, cpuSeconds(server.pid) - cpu];
  agent.destroy();
  server.kill('SIGKILL');
  return { rate: count / seconds, perCpuSecond: count / used };
}

if (process.argv[2] === 'serve') await serve(process.argv[3] ?? '');
else {
  const count = Number(process.argv[2] ?? 20_000);
  const results = { bare: [] as number[], signed: [] as number[] };
  const rates = { bare: [] as number[], signed: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of ['bare', 'signed'] as const) {
      const { rate, perCpuSecond } = await measure(kind, count);
      results[kind].push(perCpuSecond);
      rates[kind].push(rate);
    }
  }
  const median = (values: readonly number[]): number => percentile(values, 0.5);
  console.log(`load average ${loadavg()[0]?.toFixed(1)}, ${count} requests, ${rounds} rounds`);
  for (const kind of ['bare', 'signed'] as const) {
    const perCpu = median(results[kind]).toFixed(0);
    console.log(`${kind.padEnd(7)} ${median(rates[kind]).toFixed(0)}/s, ${perCpu} per second of CPU`);
  }
  console.log(`signed / bare by CPU: ${(median(results.signed) / median(results.bare)).toFixed(2)}`);
}
