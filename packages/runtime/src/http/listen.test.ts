import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect, createServer, Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { listen } from './listen.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longshore-listen-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

const app = { fetch: () => new Response('here') };
const serve = (path: string, mode = 0o660) =>
  listen(app, { place: { type: 'unix', path, mode }, requestTimeoutMs: 60_000 });

async function get(socketPath: string): Promise<string> {
  const asking = request({ socketPath, path: '/' }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return Buffer.concat(await answer.toArray()).toString();
}

test('S6: a unix socket has the mode that was asked for, and is gone after the end', async () => {
  const path = join(folder, 'a.sock');
  const server = await serve(path, 0o606);
  expect(statSync(path).mode & 0o777).toBe(0o606);
  expect(server).toMatchObject({ port: null, name: path });
  expect(await get(path)).toBe('here');
  await server.close(0);
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test('S6: a socket that a killed program has left is replaced, one that lives is refused by name', async () => {
  const path = join(folder, 'a.sock');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(statSync(path).isSocket()).toBe(true);
  const server = await serve(path);
  onTestFinished(() => server.close(0));
  expect(await get(path)).toBe('here');
  await expect(serve(path)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(path),
  });
  expect(await get(path)).toBe('here');
});

test('S6: a file in the place of the socket is never deleted', async () => {
  const path = join(folder, 'notes.txt');
  writeFileSync(path, 'mine');
  await expect(serve(path)).rejects.toMatchObject({ code: 'ADDRESS_UNAVAILABLE' });
  expect(statSync(path).size).toBe(4);
  await expect(serve(join(folder, 'missing', 'a.sock'))).rejects.toMatchObject({
    code: 'ADDRESS_UNAVAILABLE',
  });
});

test('L1 connections over ten thousand are closed at once, and those within it are served', async () => {
  const bound = vi.spyOn(Server.prototype, 'listen');
  onTestFinished(() => bound.mockRestore());
  const path = join(folder, 'a.sock');
  const server = await serve(path);
  onTestFinished(() => server.close(0));
  const [own] = bound.mock.contexts as Server[];
  expect(own?.maxConnections).toBe(10_000);
  // The same with fewer.
  if (own !== undefined) own.maxConnections = 2;
  const kept = [connect(path), connect(path)];
  onTestFinished(() => {
    for (const socket of kept) socket.destroy();
  });
  const said = (socket: Socket): Promise<unknown[]> => {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    return once(socket.setEncoding('latin1'), 'data');
  };
  for (const socket of kept) expect(String(await said(socket))).toMatch(/^HTTP\/1\.1 200 /);
  for (const over of [connect(path), connect(path)])
    await once(
      over.on('error', () => undefined),
      'close',
    );
  for (const socket of kept) expect(String(await said(socket))).toMatch(/^HTTP\/1\.1 200 /);
});

test('a port that is taken is named', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { port: number };
  const place = { type: 'http', address: { host: '127.0.0.1', port } } as const;
  await expect(listen(app, { place, requestTimeoutMs: 0 })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
});

test('S6: a certificate that cannot be used is refused before anybody connects, with the file that is meant', async () => {
  const certPath = join(folder, 'cert.pem');
  const keyPath = join(folder, 'key.pem');
  const start = () =>
    listen(app, {
      place: { type: 'https', address: { host: '127.0.0.1', port: 0 }, certPath, keyPath },
      requestTimeoutMs: 0,
    });
  await expect(start()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `[SSL] CertPath = ${certPath} cannot be read (ENOENT)`,
  });
  writeFileSync(certPath, 'no certificate');
  writeFileSync(keyPath, 'no key');
  await expect(start()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(`${certPath} and ${keyPath} are not a certificate and its key`),
  });
});
