import { expect, test } from 'vitest';
import { formatProtocolVersion, negotiateProtocol, productVersion, protocolVersion } from './version.ts';

const peer = (protocol: string | undefined) => ({ role: 'slave', protocol, product: '9.9.9' }) as const;

test('P4 N10 the minor version is the lower of both', () => {
  expect(negotiateProtocol(peer(`${protocolVersion.major}.0`))).toBe(0);
  expect(negotiateProtocol(peer(`${protocolVersion.major}.${protocolVersion.minor}`))).toBe(
    protocolVersion.minor,
  );
  expect(negotiateProtocol(peer(`${protocolVersion.major}.${protocolVersion.minor + 7}`))).toBe(
    protocolVersion.minor,
  );
});

test('P4 N10 another major version is refused as "Master: x, Slave: y", whoever asks', () => {
  const ours = `${formatProtocolVersion(protocolVersion)} (Longshore ${productVersion})`;
  const theirs = '7.1 (Longshore 9.9.9)';
  expect(() => negotiateProtocol(peer('7.1'))).toThrow(`Master: ${ours}, Slave: ${theirs}`);
  expect(() => negotiateProtocol({ ...peer('7.1'), role: 'master' })).toThrow(
    `Master: ${theirs}, Slave: ${ours}`,
  );
  expect(() => negotiateProtocol(peer(undefined))).toThrow(
    `Master: ${ours}, Slave: unknown (Longshore 9.9.9)`,
  );
});
