import type { Work } from '@longshore/protocol';
import { expect, it } from 'vitest';
import { tempNeed } from './temp-need.ts';

const sum = { entries: 3, files: 1, bytes: 1000, firstPath: 'a.zip' };
const extract: Work = {
  kind: 'extract-archive',
  select: [],
  onUnsafe: 'skip',
  encoding: null,
  password: null,
  entryRange: null,
};
const create = (format: 'zip' | '7z') =>
  ({ kind: 'create-archive', format, level: 'fast', password: null }) as const;

it.each<[string, Work, typeof sum, number]>([
  ['a zip is read as it comes', extract, sum, 0],
  ['a 7z is copied first', extract, { ...sum, firstPath: 'A.7Z' }, 1000],
  ['so is a rar', extract, { ...sum, firstPath: 'a.rar' }, 1000],
  ['and so are volumes', extract, { ...sum, files: 2, firstPath: 'a.zip.001' }, 1000],
  ['a zip is made as it goes', create('zip'), sum, 0],
  ['a 7z is laid out and made beside', create('7z'), sum, 2000 + 3 * 512 + 1024 * 1024],
])('S5 temporary space: %s', (_, work, sources, bytes) => {
  expect(tempNeed(work, sources)).toBe(bytes);
});
