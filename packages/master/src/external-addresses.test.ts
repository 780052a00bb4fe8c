import { expect, test } from 'vitest';
import { rankAddresses } from './external-addresses.ts';

const card = (address: string, more: object = {}) => [
  { address, family: 'IPv4' as const, internal: false, ...more },
];

test('N3: of several network cards the one of the default route is told first, tunnels last', () => {
  const interfaces = {
    lo: card('127.0.0.1', { internal: true }),
    docker0: card('172.17.0.1'),
    wg0: card('10.8.0.2'),
    eth0: card('192.168.1.5'),
    eth1: [...card('10.0.0.5'), ...card('fe80::1', { family: 'IPv6' })],
  };
  expect(rankAddresses(interfaces, 'eth1')).toEqual(['10.0.0.5', '192.168.1.5', '10.8.0.2']);
  expect(rankAddresses(interfaces, undefined)).toEqual(['192.168.1.5', '10.0.0.5', '10.8.0.2']);
});

test('N3: a network inside of the machine is told while there is no other', () => {
  expect(rankAddresses({ docker0: card('172.17.0.1') }, undefined)).toEqual(['172.17.0.1']);
  expect(rankAddresses({ 'br-1': card('172.18.0.1'), eth0: card('10.0.0.5') }, 'eth0')).toEqual(['10.0.0.5']);
  expect(rankAddresses({}, undefined)).toEqual([]);
});
