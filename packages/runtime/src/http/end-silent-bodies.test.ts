import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { bearSilence, endSilentBodies } from './end-silent-bodies.ts';

const silentMs = 200;

/** A request with a body of ten bytes, of which the first five are sent, and what the server does with it. */
async function openRequest(
  onRequest: (request: IncomingMessage) => void,
): Promise<{ client: Socket; isOver: () => boolean }> {
  const server = createServer((request) => onRequest(request));
  endSilentBodies(server, { silentMs });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let over = false;
  client
    .on('error', () => undefined)
    .on('close', () => {
      over = true;
    });
  client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345');
  await once(server, 'request');
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { client, isOver: () => over };
}

test('L1 a body that stops arriving ends its connection', async () => {
  const { isOver } = await openRequest((request) => request.resume());
  await expect.poll(isOver).toBe(true);
});

test('L1 a body that arrives slowly does not', async () => {
  let received = 0;
  const { client, isOver } = await openRequest((request) => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
  });
  for (let sent = 5; sent < 10; sent += 1) {
    await delay(silentMs / 2);
    client.write('x');
  }
  await expect.poll(() => received).toBe(10);
  expect(isOver()).toBe(false);
});

test('a body whose silence is borne may pause for longer, and not for ever', async () => {
  const { isOver } = await openRequest((request) => {
    bearSilence(request, { silentMs: silentMs * 5 });
    request.resume();
  });
  await delay(silentMs * 3);
  expect(isOver()).toBe(false);
  await expect.poll(isOver, { timeout: silentMs * 20 }).toBe(true);
});

test('a body that waits for the server to read it is not silent', async () => {
  let paused: IncomingMessage | undefined;
  const { isOver } = await openRequest((request) => {
    paused = request;
    request.pause();
  });
  await expect.poll(() => paused?.readableLength).toBe(5);
  await delay(silentMs * 3);
  expect(isOver()).toBe(false);
});
