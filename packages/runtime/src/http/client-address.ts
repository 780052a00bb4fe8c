import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/**
 * Finds the address a request comes from. The header of proxies counts only as far as trusted ones wrote it: it is read
 * from the right, and the first address that is not such a proxy is the client's. Who connects to a unix socket is a
 * trusted proxy: the mode of the socket has decided that. `local` when nobody says more.
 */
export function createClientAddress(options: {
  trustedProxies: readonly string[];
  /** The name in small letters. */
  header: string;
}): (incoming: Pick<IncomingMessage, 'headers' | 'socket'>) => string {
  const trusted = new BlockList();
  for (const proxy of options.trustedProxies) {
    const [address = '', prefix] = proxy.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string): boolean =>
    address === local ||
    (isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
  return ({ headers, socket }) => {
    const written = headers[options.header] ?? '';
    const forwarded = String(written)
      .split(',')
      .map((entry) => plain(entry.trim()));
    let client = plain(socket.remoteAddress ?? local);
    while (isTrusted(client)) {
      const before = forwarded.pop();
      if (before === undefined || isIP(before) === 0) break;
      client = before;
    }
    return client;
  };
}

const local = 'local';

/** An IPv4 address as a socket of both families shows it. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
