import { randomBytes } from 'node:crypto';
import type { ArchiveListEntry } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { createListingCache, type ListingCache } from './listing-cache.ts';

const facts = { format: 'zip', encoding: null, encodingConfidence: null };
const entry = (index: number): ArchiveListEntry => ({
  ...{ index, path: `${index} ${randomBytes(8).toString('hex')}`, type: 'file', sizeBytes: 1 },
  ...{ compressedBytes: 1, modifiedAtMs: null, encrypted: false, unsafe: null },
});

function put(cache: ListingCache, key: string, count: number): ArchiveListEntry[] {
  const entries = Array.from({ length: count }, (_, index) => entry(index));
  const gathered = cache.gather();
  for (const one of entries) gathered.add(one);
  gathered.keep(key, facts);
  return entries;
}

test('a listing comes back from any of its entries on', async () => {
  const cache = createListingCache({ maxBytes: 1_000_000 });
  const entries = put(cache, 'a', 2500);
  const kept = cache.find('a');
  expect(kept).toMatchObject({ ...facts, count: 2500 });
  const found = new Map<number, ArchiveListEntry>();
  for await (const { at, entry: one } of kept?.entries(1234) ?? []) found.set(at, one);
  expect([...found.keys()].at(0)).toBeLessThanOrEqual(1234);
  expect([...found].filter(([at]) => at >= 1234).map(([, one]) => one)).toEqual(entries.slice(1234));
});

test('what was asked for longest ago goes when there is no room', () => {
  const cache = createListingCache({ maxBytes: 45_000 });
  put(cache, 'a', 1000);
  put(cache, 'b', 1000);
  expect(cache.find('a')).toBeDefined();
  put(cache, 'c', 1000);
  expect([cache.find('a'), cache.find('b'), cache.find('c')].map((kept) => kept !== undefined)).toEqual([
    true,
    false,
    true,
  ]);
});

test('a listing that is larger than all the room is not kept, and takes nobody else’s', () => {
  const cache = createListingCache({ maxBytes: 60_000 });
  put(cache, 'a', 1000);
  put(cache, 'huge', 10_000);
  expect(cache.find('huge')).toBeUndefined();
  expect(cache.find('a')).toBeDefined();
});
