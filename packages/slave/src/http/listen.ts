import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { AppError } from '@longshore/protocol';
import type { Hono } from 'hono';
import type { SlaveEnv } from './create-app.ts';

export type Listening = { readonly port: number; close(): Promise<void> };

/** Serves the app. `host` null means every address. Throws `PORT_IN_USE` or `ADDRESS_UNAVAILABLE`. */
export async function listen(
  app: Hono<SlaveEnv>,
  address: { host: string | null; port: number },
): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      // Longer than masters keep an idle connection, so that they close it first and never write into a closing one.
      keepAliveTimeout: 75_000,
    },
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(toListenError(error, address)));
    server.listen({ port: address.port, ...(address.host === null ? {} : { host: address.host }) }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // An answer that is being written has a moment; a peer that reads nothing has not.
        setTimeout(() => server.closeAllConnections(), 2000).unref();
      }),
  };
}

function toListenError(
  error: NodeJS.ErrnoException,
  { host, port }: { host: string | null; port: number },
): unknown {
  const where = `${host ?? ''}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new AppError('PORT_IN_USE', `another program listens on ${where}`, { cause: error });
    case 'EACCES':
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new AppError('ADDRESS_UNAVAILABLE', `this program cannot listen on ${where} (${error.code})`, {
        cause: error,
      });
    default:
      return error;
  }
}
