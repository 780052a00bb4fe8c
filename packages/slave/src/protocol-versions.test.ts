import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Attempt, protocolVersion } from '@longshore/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { fakeSecret, startFakeMaster } from './testing/fake-master.ts';
import { dispatch, startTestSlave } from './testing/start-test-slave.ts';
import { until } from './testing/until.ts';

const ours = `${protocolVersion.major}.${protocolVersion.minor}`;

/** The headers of a message as a peer with the secret signs them that speaks `protocol`. */
function signedAs(protocol: string, message: Record<string, string>, headers: IncomingHttpHeaders) {
  const changed: IncomingHttpHeaders = { ...headers, 'longshore-protocol': protocol };
  const parameters = /^\w+=(.*)$/.exec(String(headers['signature-input']))?.[1] ?? '';
  const covered = [...(/^\(([^)]*)\)/.exec(parameters)?.[1] ?? '').matchAll(/"([^"]+)"/g)];
  const lines = covered.map(([, name = '']) => `"${name}": ${message[name] ?? String(changed[name])}`);
  const base = [...lines, `"@signature-params": ${parameters}`].join('\n');
  const mac = createHmac('sha256', fakeSecret).update(base).digest('base64');
  return { ...changed, signature: `sig=:${mac}:` };
}

/** Passes everything on, and has the requests or the answers be those of a master of another version. */
async function speaking(
  protocol: string,
  { target, side }: { target: () => string; side: 'requests' | 'answers' },
): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const { method = '', url: path = '' } = incoming;
    const [pathname = '', query] = path.split('?');
    const said = { '@method': method, '@path': pathname, '@query': `?${query ?? ''}` };
    const isSigned = incoming.headers.signature !== undefined;
    const headers =
      side === 'requests' && isSigned ? signedAs(protocol, said, incoming.headers) : incoming.headers;
    const passed = request(new URL(path, target()), { method, headers }, (answer) => {
      const status = answer.statusCode ?? 0;
      const signed = side === 'answers' && answer.headers.signature !== undefined;
      outgoing.writeHead(
        status,
        signed ? signedAs(protocol, { '@status': String(status) }, answer.headers) : answer.headers,
      );
      answer.pipe(outgoing);
    });
    passed.once('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Our slave, and a master that speaks another version, in what it asks and in what it answers. */
async function underMasterOf(protocol: string) {
  const master = await startFakeMaster();
  onTestFinished(() => master.close());
  const slave = await startTestSlave();
  const slaveUrl = await speaking(protocol, { target: () => slave.url, side: 'requests' });
  const masterUrl = await speaking(protocol, { target: () => master.url, side: 'answers' });
  return { master, slaveUrl, masterUrl };
}

const without = (attempt: Attempt, ...fields: string[]) =>
  Object.fromEntries(Object.entries(attempt).filter(([name]) => !fields.includes(name)));

test.for([
  ['1.0', (attempt: Attempt) => without(attempt, 'sources', 'traceparent')],
  ['1.42', (attempt: Attempt) => ({ ...attempt, invented: { later: true }, leaseMs: attempt.leaseMs })],
] as const)('N10: our slave does the work of a master that speaks %s', async ([protocol, said]) => {
  const { master, slaveUrl, masterUrl } = await underMasterOf(protocol);
  await master.hello(slaveUrl, masterUrl);
  await until('a heartbeat arrived', () => master.heartbeats.length > 0);
  expect(master.heartbeats[0]?.vitals.protocol).toBe(ours);
  const attempt = master.attempt({ kind: 'create-archive', format: 'zip', level: 'fast', password: null });
  master.setSources(attempt.partId, [master.addSource('a.txt', Buffer.from('a'))]);
  const { results } = await dispatch(slaveUrl, said(attempt));
  expect(results).toMatchObject([{ verdict: 'accepted' }]);
  await until('it is done', () => master.eventsOf(attempt).some(({ type }) => type === 'completed'));
});

test('N10: our slave refuses a master of another major version, and names both', async () => {
  const { master, slaveUrl, masterUrl } = await underMasterOf('2.0');
  await expect(master.hello(slaveUrl, masterUrl)).rejects.toMatchObject({
    code: 'VERSION_MISMATCH',
    message: expect.stringMatching(new RegExp(`^Master: 2\\.0 .*, Slave: ${ours.replace('.', '\\.')} `)),
  });
  expect(master.heartbeats).toEqual([]);
});
