import type { Agent } from 'node:http';

/** Ends the connections to this address that wait in the pool of an agent for their next request. */
export function forgetIdleConnections({ freeSockets }: Agent, url: URL): void {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  for (const [name, sockets] of Object.entries(freeSockets)) {
    if (!name.startsWith(`${url.hostname}:${port}:`)) continue;
    for (const socket of sockets ?? []) socket.destroy();
  }
}
