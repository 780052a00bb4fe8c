import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/**
 * How many bytes the system holds for this connection because the other side has not taken them yet; null where the
 * system does not say. Source: proc_net_tcp(5), `tx_queue`.
 */
export function unacknowledgedBytes(
  socket: Pick<Socket, 'localPort' | 'remotePort' | 'localFamily'>,
): number | null {
  const { localPort, remotePort, localFamily } = socket;
  if (localPort === undefined || remotePort === undefined) return null;
  let table: string;
  try {
    table = readFileSync(localFamily === 'IPv6' ? '/proc/net/tcp6' : '/proc/net/tcp', 'utf8');
  } catch {
    return null;
  }
  const ports = new RegExp(
    `^ *\\d+: \\w+:${hexPort(localPort)} \\w+:${hexPort(remotePort)} \\w+ (\\w+):`,
    'gm',
  );
  const [found, another] = table.matchAll(ports);
  // Two connections may differ in nothing but the address they lead to.
  return found?.[1] === undefined || another !== undefined ? null : Number.parseInt(found[1], 16);
}

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
