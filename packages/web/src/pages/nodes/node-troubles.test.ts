import type { Node } from '@longshore/protocol';
import { beforeAll, expect, test, vi } from 'vitest';
import { loadCatalogue } from '../../language/language.ts';
import { nodeTroubles } from './node-troubles.ts';

const node = (vitals: Partial<NonNullable<Node['vitals']>>): Node =>
  ({
    name: 'shed',
    enabled: true,
    health: 'online',
    quarantine: null,
    rival: null,
    skewMs: 0,
    vitals: { temp: null, ...vitals },
  }) as Node;

const disk = (freeBytes: number) => ({ freeBytes, totalBytes: 100 * 2 ** 30 });

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  await loadCatalogue('en');
  return () => vi.unstubAllGlobals();
});

test('N4 a disk with little left deserves a word, of work and of each store', () => {
  const stores = [
    { name: 'local', ...disk(2 ** 30) },
    { name: 'roomy', ...disk(50 * 2 ** 30) },
  ];
  expect(nodeTroubles(node({ temp: { path: '/tmp', ...disk(2 * 2 ** 30) }, stores }))).toEqual([
    'shed has only 2 GiB left to work with',
    'shed has only 1 GiB left in its store “local”',
  ]);
  expect(nodeTroubles(node({ temp: { path: '/tmp', ...disk(50 * 2 ** 30) } }))).toEqual([]);
});
