import { expect, it } from 'vitest';
import { trustedNetworks } from './trusted-networks.ts';

it.each([
  ['127.0.0.1', ['127.0.0.1']],
  ['10.0.0.0/8, fd00::/8,::1', ['10.0.0.0/8', 'fd00::/8', '::1']],
  ['', []],
  ['10.0.0.0/33', undefined],
  ['fd00::/129', undefined],
  ['10.0.0/8', undefined],
  ['10.0.0.0/', undefined],
  ['10.0.0.0/-1', undefined],
  ['proxy.example.com', undefined],
  ['10.0.0.1 10.0.0.2', undefined],
])('L7 the list of trusted proxies %j is read as %j', (written, networks) => {
  expect(trustedNetworks().parse(written, '/')).toEqual(networks);
});
