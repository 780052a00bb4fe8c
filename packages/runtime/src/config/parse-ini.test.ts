import fc from 'fast-check';
import { parse } from 'ini';
import { expect, test } from 'vitest';
import { parseIni } from './parse-ini.ts';

const decoded = (raw: string): string | null | undefined => parseIni(`[s]\nk = ${raw}`).entries[0]?.value;

test.for([
  ['plain', 'plain'],
  ['a = b', 'a = b'],
  ['a\\;b\\#c\\\\d', 'a;b#c\\d'],
  ['a\\nb', 'a\\nb'],
  ['"a ; b # c"', 'a ; b # c'],
  ['"a\\"b"', 'a"b'],
  ['"not json\\x"', '"not json\\x"'],
  ["'007'", '007'],
  ["'12345678901234567890'", '12345678901234567890'],
  ["'a;b'", 'a;b'],
  ['x ; comment', 'x'],
  ['', ''],
  ['true', 'true'],
])('the value %j is %j', ([raw, value]) => {
  expect(decoded(raw ?? '')).toBe(value);
});

test('lines are counted over every kind of line end', () => {
  expect(parseIni('\r\n[a]\r\n\n;x\nk=1\rj=2').entries.map(({ line, key }) => [line, key])).toEqual([
    [5, 'k'],
    [6, 'j'],
  ]);
});

test('any value without single quotes is read as the ini package reads it', () => {
  const piece = fc.constantFrom('a', ' ', ';', '#', '\\', '"', '=', '[', ']', 'é', ',', ':', '1');
  fc.assert(
    fc.property(fc.string({ unit: piece, maxLength: 12 }), (raw) => {
      const theirs: unknown = parse(`[s]\nk = ${raw}`).s?.k;
      expect(decoded(raw)).toBe(String(theirs));
    }),
    { numRuns: 2000 },
  );
});
