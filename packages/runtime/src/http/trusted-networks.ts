import { isIP } from 'node:net';
import type { ValueType } from '../config/value-types.ts';

/** Addresses and networks in CIDR notation, separated by commas. */
export const trustedNetworks = (): ValueType<readonly string[]> => ({
  allowed: 'addresses or networks separated by commas, such as 127.0.0.1, 10.0.0.0/8, fd00::/8',
  parse: (value) => {
    const networks = value
      .split(',')
      .map((network) => network.trim())
      .filter((network) => network !== '');
    return networks.every(isNetwork) ? networks : undefined;
  },
});

function isNetwork(text: string): boolean {
  const [, address = '', prefix] = /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix ?? 0) <= (family === 4 ? 32 : 128);
}
