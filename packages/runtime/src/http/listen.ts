import { chmod, lstat, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { AppError } from '@longshore/protocol';
import type { ListenAddress } from '../config/value-types.ts';
import { endSilentBodies } from './end-silent-bodies.ts';
import { leaveUnreadBodies } from './leave-unread-bodies.ts';
import { type CertificatePaths, readCertificate } from './read-certificate.ts';

/** Where a program takes connections. */
export type ListenPlace =
  | { readonly type: 'http'; readonly address: ListenAddress }
  | (CertificatePaths & { readonly type: 'https'; readonly address: ListenAddress })
  | { readonly type: 'unix'; readonly path: string; readonly mode: number };

export type Listening = {
  /** Null for a unix socket. */
  readonly port: number | null;
  /** For people: an address and a port, or a path. */
  readonly name: string;
  /** Reads the certificate again; connections that stand keep theirs. Throws `CONFIG_INVALID` and keeps the old one. */
  renewCertificate(): void;
  /** Takes no new connection, lets answers under way finish for `graceMs`, then closes everything. */
  close(graceMs: number): Promise<void>;
};

const idleCheckMs = 50;
const headersTimeoutMs = 10_000;
/** How long the next bytes of a body may take to arrive. */
const silentBodyMs = 30_000;
/** How long nothing has come from a machine until the system asks whether it is still there; ten questions a second apart. */
const keepAliveDelayMs = 30_000;
const maxConnections = 10_000;

/**
 * Serves an app at one place. Throws `PORT_IN_USE`, `ADDRESS_UNAVAILABLE` or, of a certificate, `CONFIG_INVALID`.
 */
export async function listen(
  app: { fetch: (request: Request, env: HttpBindings) => Response | Promise<Response> },
  options: {
    place: ListenPlace;
    /** How long a request may take to arrive as a whole, in milliseconds; 0 for uploads without an end in sight. */
    requestTimeoutMs: number;
  },
): Promise<Listening> {
  const { place } = options;
  const fetch = app.fetch as Parameters<typeof createAdaptorServer>[0]['fetch'];
  const limits = {
    maxHeaderSize: 16 * 1024,
    headersTimeout: headersTimeoutMs,
    // Node looks at its timeouts only so often: by default every half minute, three times what is allowed here.
    connectionsCheckingInterval: headersTimeoutMs / 10,
    requestTimeout: options.requestTimeoutMs,
    // Longer than peers keep an idle connection, so that they close it first and never write into a closing one.
    keepAliveTimeout: 75_000,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveDelayMs,
  };
  const server = (
    place.type === 'https'
      ? createAdaptorServer({
          fetch,
          createServer: createSecureServer,
          serverOptions: { ...limits, ...readCertificate(place) },
        })
      : createAdaptorServer({ fetch, createServer, serverOptions: limits })
  ) as Server;
  server.maxConnections = maxConnections;
  endSilentBodies(server, { silentMs: silentBodyMs });
  leaveUnreadBodies(server);
  if (place.type === 'unix') await bindSocket(server, place);
  else {
    const { host, port } = place.address;
    await bind(server, { port, ...(host === null ? {} : { host }) }, `${host ?? ''}:${port}`);
  }
  const port = place.type === 'unix' ? null : (server.address() as AddressInfo).port;
  return {
    port,
    name: place.type === 'unix' ? place.path : `${place.address.host ?? ''}:${port}`,
    renewCertificate: () => {
      if (place.type !== 'https') return;
      (server as unknown as SecureServer).setSecureContext(readCertificate(place));
    },
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

/** A program that was killed leaves its socket behind; one that nobody answers at is replaced. */
async function bindSocket(server: Server, { path, mode }: { path: string; mode: number }): Promise<void> {
  try {
    await bind(server, { path }, path);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'PORT_IN_USE')) throw error;
    // Connecting to an ordinary file is refused as well, and that file may be somebody's work.
    if (!(await lstat(path)).isSocket()) {
      throw new AppError('ADDRESS_UNAVAILABLE', `${path} exists and is not a socket`, { cause: error });
    }
    if (await answers(path)) throw error;
    await rm(path);
    await bind(server, { path }, path);
  }
  await chmod(path, mode);
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });

function bind(
  server: Server,
  where: { port: number; host?: string } | { path: string },
  name: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(toListenError(error, name));
    server.once('error', fail);
    server.listen(where, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function toListenError(error: NodeJS.ErrnoException, name: string): unknown {
  switch (error.code) {
    case 'EADDRINUSE':
      return new AppError('PORT_IN_USE', `another program listens on ${name}`, { cause: error });
    case 'EACCES':
    case 'EADDRNOTAVAIL':
    case 'ENOENT':
    case 'ENOTFOUND':
      return new AppError('ADDRESS_UNAVAILABLE', `this program cannot listen on ${name} (${error.code})`, {
        cause: error,
      });
    default:
      return error;
  }
}
