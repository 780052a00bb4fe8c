import { BlockList, isIP } from 'node:net';
import type { Context } from 'hono';
import type { HttpEnv } from '../http-env.ts';

/**
 * Finds the address a request comes from. `X-Forwarded-For` counts only as far as trusted proxies wrote it: it is
 * read from the right, and the first address that is not such a proxy is the client's.
 */
export function createClientAddress(trustedProxies: readonly string[]): (c: Context<HttpEnv>) => string {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) {
    const [address = '', prefix] = proxy.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string): boolean =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (c) => {
    const direct = plain(c.env.incoming.socket.remoteAddress ?? '');
    const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((entry) => plain(entry.trim()));
    let client = direct;
    while (isTrusted(client)) {
      const before = forwarded.pop();
      if (before === undefined || isIP(before) === 0) break;
      client = before;
    }
    return client;
  };
}

/** An IPv4 address as a socket of both families shows it. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
