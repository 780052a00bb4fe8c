import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { AppError } from '@longshore/protocol';
import { endSilentBodies } from './end-silent-bodies.ts';

export type Listening = {
  readonly port: number;
  /** Takes no new connection, lets answers under way finish for `graceMs`, then closes everything. */
  close(graceMs: number): Promise<void>;
};

const idleCheckMs = 50;
const headersTimeoutMs = 10_000;
/** How long the next bytes of a body may take to arrive. */
const silentBodyMs = 30_000;
const maxConnections = 10_000;

/** Serves an app. `host` null means every address. Throws `PORT_IN_USE` or `ADDRESS_UNAVAILABLE`. */
export async function listen(
  app: { fetch: (request: Request, env: HttpBindings) => Response | Promise<Response> },
  options: {
    address: { host: string | null; port: number };
    /** How long a request may take to arrive as a whole, in milliseconds; 0 for uploads without an end in sight. */
    requestTimeoutMs: number;
  },
): Promise<Listening> {
  const { address } = options;
  const server = createAdaptorServer({
    fetch: app.fetch as Parameters<typeof createAdaptorServer>[0]['fetch'],
    serverOptions: {
      maxHeaderSize: 16 * 1024,
      headersTimeout: headersTimeoutMs,
      // Node looks at its timeouts only so often: by default every half minute, three times what is allowed here.
      connectionsCheckingInterval: headersTimeoutMs / 10,
      requestTimeout: options.requestTimeoutMs,
      // Longer than peers keep an idle connection, so that they close it first and never write into a closing one.
      keepAliveTimeout: 75_000,
    },
  }) as Server;
  server.maxConnections = maxConnections;
  endSilentBodies(server, { silentMs: silentBodyMs });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(toListenError(error, address)));
    server.listen({ port: address.port, ...(address.host === null ? {} : { host: address.host }) }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: (graceMs) =>
      new Promise((resolve) => {
        // Peers keep their connections; one that is busy now is closed in the pause after its answer.
        const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
        const cut = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
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
