import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { unacknowledgedBytes } from './unacknowledged-bytes.ts';

test.each(['127.0.0.1', '::1'])('what the other side has not taken is counted (%s)', async (address) => {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, address);
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, address);
  const [taker] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    client.destroy();
    taker.destroy();
    server.close();
  });
  client.write(Buffer.alloc(20_000_000));
  await expect.poll(() => unacknowledgedBytes(client)).toBeGreaterThan(0);
  taker.resume();
  await expect.poll(() => unacknowledgedBytes(client)).toBe(0);
});

test('of a connection that is none nothing is known', () => {
  expect(unacknowledgedBytes(new Socket())).toBe(null);
  expect(unacknowledgedBytes({ localPort: 1, remotePort: 1, localFamily: 'IPv4' })).toBe(null);
});
