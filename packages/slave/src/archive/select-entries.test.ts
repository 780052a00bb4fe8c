import { expect, it } from 'vitest';
import { selectEntries } from './select-entries.ts';

it.each([
  ['b[1].txt', ['b1.txt', 'b[1].txt']],
  ['b\\[1\\].txt', ['b[1].txt']],
  ['\\*', ['*']],
  ['b\\\\', ['b\\']],
])('T4 the pattern %j selects %j', (pattern, expected) => {
  const names = ['b1.txt', 'b[1].txt', '*', 'b\\'];
  expect(names.filter(selectEntries([pattern]))).toEqual(expected);
});
