import type { Node } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { slaveConfIni } from './slave-conf-ini.ts';

const confIni = (url: string): string =>
  slaveConfIni({ node: { name: 'shed', url } as Node, secret: 's', masterUrl: 'https://m' });
const settings = (text: string): string[] => text.split('\n').filter((line) => /^(\[|\w+ =)/.test(line));

test('S6 N2: a node that is called with http listens on that port', () => {
  const lines = ['[System]', 'Mode = slave', 'Listen = :5213', '[Slave]', 'Secret = s'];
  expect(settings(confIni('http://10.0.0.5:5213'))).toEqual(lines);
  expect(settings(confIni('http://10.0.0.5'))).toContain('Listen = :80');
});

test('S6 N2: a node that is called with https has a certificate to name, or a proxy to listen for', () => {
  const text = confIni('https://shed.example:8443');
  expect(settings(text)).toEqual([
    ...['[System]', 'Mode = slave', '[SSL]', 'Listen = :8443'],
    ...['CertPath = /path/to/certificate-with-chain.pem', 'KeyPath = /path/to/key.pem'],
    ...['[Slave]', 'Secret = s'],
  ]);
  expect(text).toMatch(/^; If a proxy .* delete the section \[SSL\]/m);
  expect(text).toContain('; Listen = 127.0.0.1:5213');
  expect(settings(confIni('https://shed.example'))).toContain('Listen = :443');
});
