import { expect, it } from 'vitest';
import { createClientAddress } from './client-address.ts';

const addressOf = createClientAddress({ trustedProxies: ['10.0.0.0/8', 'fd00::/8'], header: 'x-real-ip' });
const from = (remoteAddress: string | undefined, written?: string): string =>
  addressOf({
    headers: written === undefined ? {} : { 'x-real-ip': written },
    socket: { remoteAddress } as Parameters<typeof addressOf>[0]['socket'],
  });

it.each([
  ['a stranger is not believed', '192.0.2.7', '203.0.113.1', '192.0.2.7'],
  ['a trusted proxy is', '10.1.2.3', '203.0.113.1', '203.0.113.1'],
  ['as a socket of both families shows it too', '::ffff:10.1.2.3', '203.0.113.1', '203.0.113.1'],
  [
    'of a chain the first that is not trusted counts',
    'fd00::1',
    '198.51.100.1, 203.0.113.1, 10.9.9.9',
    '203.0.113.1',
  ],
  ['what is no address ends the chain', '10.1.2.3', 'nonsense', '10.1.2.3'],
  ['a proxy that says nothing is the client', '10.1.2.3', undefined, '10.1.2.3'],
  ['whoever connects to a unix socket is a proxy', undefined, '203.0.113.1', '203.0.113.1'],
  ['and has no address of its own', undefined, undefined, 'local'],
])('L7 %s', (_, remoteAddress, written, client) => {
  expect(from(remoteAddress, written)).toBe(client);
});
