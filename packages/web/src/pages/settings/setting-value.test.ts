import { beforeAll, expect, test } from 'vitest';
import { loadCatalogue } from '../../language/language.ts';
import { settingValue } from './setting-value.ts';

beforeAll(() => {
  (globalThis as Record<string, unknown>).document = { documentElement: {} };
});

test.for([
  ['15', 'seconds', '15 s'],
  ['0', 'seconds', '0 s'],
  ['0.5', 'seconds', '500 ms'],
  ['3600', 'seconds', '1 h'],
  ['365', 'days', '365 d'],
  ['1000000', 'count', '1,000,000'],
  ['256 MiB', 'bytes', '256 MiB'],
  ['1048576', 'bytes', '1 MiB'],
  ['3 MiB', 'bytes-per-second', '3 MiB/s'],
  ['0', 'bytes-per-second', 'no limit'],
  ['0660', null, '0660'],
  ['', null, null],
] as const)('%s in %s is %s', async ([value, unit, text]) => {
  await loadCatalogue('en');
  expect(settingValue({ value, unit })).toBe(text);
});
