import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connect, resolveHost } from './connection.ts';

async function listening(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const target = (port: number) => ({ origin: `http://shed:${port}`, host: 'shed', port });

test('N3: of several addresses one that works is enough, and the evidence names the one that does not', async () => {
  const port = await listening('127.0.0.2');
  const found = await connect(target(port), ['127.0.0.1', '127.0.0.2']);
  expect(found.address).toBe('127.0.0.2');
  expect(found.evidence).toMatch(/^127\.0\.0\.2, port \d+; 127\.0\.0\.1 does not answer \(.*ECONNREFUSED/);
});

test('N3: the first of those that work is used', async () => {
  const port = await listening('0.0.0.0');
  const found = await connect(target(port), ['127.0.0.1', '127.0.0.2']);
  expect(found).toEqual({
    address: '127.0.0.1',
    evidence: `127.0.0.1, port ${port}; 127.0.0.2 answers too`,
    seen: {
      kind: 'connected',
      address: '127.0.0.1',
      port,
      others: [{ address: '127.0.0.2', answers: true, code: null }],
    },
  });
});

test('N3: when none works the fault names them all, with the code of the first', async () => {
  const port = await listening('127.0.0.3');
  await expect(connect(target(port), ['127.0.0.1', '127.0.0.2'])).rejects.toMatchObject({
    code: 'NODE_REFUSED',
    message: expect.stringMatching(
      /none of its addresses answers: 127\.0\.0\.1 \(.*\), 127\.0\.0\.2 \(.*\)$/,
    ),
  });
  await expect(connect(target(port), ['127.0.0.1'])).rejects.toMatchObject({
    message: expect.stringMatching(/^http:\/\/shed:\d+: connect ECONNREFUSED 127\.0\.0\.1/),
  });
});

test.for(['169.254.169.254', '0xa9fea9fe', 'fe80::1'])(
  'F13: %s leads to where no node can be, and nothing is connected to',
  async (host) => {
    await expect(resolveHost({ origin: `http://${host}`, host, port: 80 })).rejects.toMatchObject({
      code: 'NODE_ADDRESS_REFUSED',
      message: expect.stringMatching(/ leads to (169\.254\.169\.254|fe80::1), where no node can be$/),
    });
  },
);

test('N3: a name is looked up with all of its addresses, none twice', async () => {
  const found = await resolveHost({ origin: 'http://localhost', host: 'localhost', port: 80 });
  expect(found.length).toBeGreaterThan(0);
  expect(new Set(found).size).toBe(found.length);
  await expect(
    resolveHost({ origin: 'http://x.invalid', host: 'x.invalid', port: 80 }),
  ).rejects.toMatchObject({ code: 'NODE_UNRESOLVABLE' });
});
