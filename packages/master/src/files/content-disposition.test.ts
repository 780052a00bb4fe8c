import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentDisposition } from './content-disposition.ts';

it.each([
  ['plain.zip', 'attachment; filename="plain.zip"'],
  ['with space.zip', 'attachment; filename="with space.zip"'],
  ['naïve.zip', 'attachment; filename="na_ve.zip"; filename*=UTF-8\'\'na%C3%AFve.zip'],
  ['a"b\\c.txt', 'attachment; filename="a_b_c.txt"; filename*=UTF-8\'\'a%22b%5Cc.txt'],
  ["it's (1).txt", 'attachment; filename="it\'s (1).txt"'],
  ['50%.txt', 'attachment; filename="50_.txt"; filename*=UTF-8\'\'50%25.txt'],
])('%s becomes %s', (name, expected) => {
  expect(contentDisposition(name)).toBe(expected);
});

it('no name can end the parameter or the header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const value = contentDisposition(name);
      expect(value).toMatch(
        /^attachment; filename="[ !\x23-\x5b\x5d-\x7e]*"(; filename\*=UTF-8''[\w!#$&+.^`|~%-]*)?$/,
      );
    }),
    { numRuns: 2000 },
  );
});
