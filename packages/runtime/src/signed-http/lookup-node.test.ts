import dns from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@longshore/protocol';
import { signingKey } from '@longshore/protocol/server';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../lifecycle/clock.ts';
import { createPeerClient } from './peer-client.ts';

/** Lets every name lead to these addresses. */
function leadTo(...addresses: readonly string[]): void {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup = vi
    .spyOn(dns, 'lookup')
    .mockImplementation(((
      _name: string,
      _options: dns.LookupAllOptions,
      done: (error: null, found: dns.LookupAddress[]) => void,
    ) => setImmediate(done, null, found)) as unknown as typeof dns.lookup);
  onTestFinished(() => lookup.mockRestore());
}

async function greet(baseUrl: string): Promise<unknown> {
  const peers = createPeerClient({ clock: systemClock, signatureTtlSeconds: 60 });
  const greeting = {
    key: signingKey('x'.repeat(64)),
    path: '/slave/v1/hello',
    body: {},
    response: z.unknown(),
    requestId: 'r-1',
    timeoutMs: 2_000,
  };
  return await peers
    .call({ baseUrl, ...greeting })
    .catch((error: unknown) => error)
    .finally(() => peers.close());
}

async function listening(): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = createServer((_, answer) => answer.end('hello')).on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

test.for([
  ['169.254.169.254'],
  ['127.0.0.1', '169.254.169.254'],
  ['::ffff:169.254.169.254', '127.0.0.1'],
  ['fe80::1%eth0'],
  ['fd00:ec2::254'],
  ['0.0.0.0'],
  ['224.0.0.1'],
])('F13 a name that leads to %s is refused, and nobody is connected to', async (addresses) => {
  const { port, connections } = await listening();
  leadTo(...addresses);
  for (const scheme of ['http', 'https']) {
    const error = await greet(`${scheme}://shed.example:${port}`);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'NODE_ADDRESS_REFUSED',
      message: expect.stringMatching(/^shed\.example leads to \S+, where no node can be$/),
      hint: expect.stringContaining('never called'),
    });
  }
  expect(connections()).toBe(0);
});

test.for([
  'http://169.254.169.254',
  'http://[fe80::1]:5213',
  'http://[::]',
  'https://metadata.google.internal',
])('F13 %s is refused as it is', async (url) => {
  expect(await greet(url)).toMatchObject({
    code: 'NODE_ADDRESS_REFUSED',
    message: expect.stringContaining('no node can be at'),
  });
});

test('a name of this machine or of a private network is connected to, at the address that answers', async () => {
  const { port, connections } = await listening();
  leadTo('127.0.0.2', '127.0.0.1');
  expect(await greet(`http://shed.example:${port}`)).toMatchObject({ code: 'NODE_NOT_A_SLAVE' });
  expect(connections()).toBe(1);
});
