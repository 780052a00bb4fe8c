import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { expect, onTestFinished, test } from 'vitest';
import { leaveUnreadBodies } from './leave-unread-bodies.ts';

/** A server that answers 401 to everybody before it has read a body, as ours do to strangers. */
async function serveStrangers(
  when: 'at once' | 'in a moment',
): Promise<{ client: Socket; taken: () => number; answers: () => string }> {
  const refusal = () => new Response('no', { status: 401 });
  const fetch = when === 'at once' ? refusal : () => setImmediate().then(refusal);
  const server = createAdaptorServer({ fetch });
  leaveUnreadBodies(server as Parameters<typeof leaveUnreadBodies>[0]);
  let socket: Socket | undefined;
  server.once('connection', (one: Socket) => {
    socket = one;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let answers = '';
  client.setEncoding('latin1').on('data', (chunk: string) => {
    answers += chunk;
  });
  client.on('error', () => undefined);
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return { client, taken: () => socket?.bytesRead ?? 0, answers: () => answers };
}

const post = (length: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;

const moments = ['at once', 'in a moment'] as const;

test.for(moments)(
  'L3 of a body that was refused %s 64 KiB are read, and the caller gets the answer',
  async (when) => {
    const { client, taken, answers } = await serveStrangers(when);
    client.write(post(1_000_000_000));
    const piece = Buffer.alloc(64 * 1024);
    let closed = false;
    client.once('close', () => {
      closed = true;
    });
    const push = (): void => {
      while (!client.destroyed && client.write(piece));
    };
    client.on('drain', push);
    push();
    await expect.poll(() => closed, { timeout: 5_000 }).toBe(true);
    // The limit, and what was read before the answer and is read until the request is full: 64 KiB and one read each.
    expect(taken()).toBeLessThan(448 * 1024);
    expect(answers()).toMatch(/^HTTP\/1\.1 401 /);
  },
);

test.for(moments)('a small body that was refused %s is read, and the connection goes on', async (when) => {
  const { client, answers } = await serveStrangers(when);
  for (const count of [1, 2, 3]) {
    client.write(post(10_000) + 'x'.repeat(10_000));
    await expect.poll(() => answers().match(/HTTP\/1\.1 401/g)?.length).toBe(count);
  }
});
