import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPath, parseName, parsePath } from './parse-path.ts';

describe('parsePath', () => {
  it.each([
    ['/', []],
    ['/photos/2026', ['photos', '2026']],
    ['//photos///2026/', ['photos', '2026']],
    ['/a b/ü/日本', ['a b', 'ü', '日本']],
    ['/...', ['...']],
    ['/back\\slash', ['back\\slash']],
  ])('%s is %j', (path, names) => {
    expect(parsePath(path)).toEqual(names);
  });

  it.each([
    'photos',
    '',
    './a',
    'C:/a',
    `/${'a/'.repeat(257)}`,
    `/${'abcdefgh/'.repeat(200)}${'x'.repeat(250)}`.repeat(3),
  ])('%s is no path', (path) => {
    expect(() => parsePath(path)).toThrowError(expect.objectContaining({ code: 'PATH_INVALID' }));
  });

  it.each([
    '/..',
    '/a/../b',
    '/.',
    '/a/./b',
    '/a\0b',
    '/a\nb',
    '/\x7f',
    '/\u0085',
    '/\ud800',
    `/${'ü'.repeat(128)}`,
  ])('%j has an invalid name', (path) => {
    expect(() => parsePath(path)).toThrowError(expect.objectContaining({ code: 'NAME_INVALID' }));
  });

  it('one name written in two ways of Unicode is one name', () => {
    expect(parsePath('/cafe\u0301')).toEqual(parsePath('/caf\u00e9'));
    expect(parsePath('/A')).not.toEqual(parsePath('/a'));
  });

  it('what is accepted is stable, and has only harmless names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        let names: readonly string[];
        try {
          names = parsePath(`/${text}`);
        } catch (error) {
          expect(error).toMatchObject({ name: 'AppError' });
          return;
        }
        expect(parsePath(formatPath(names))).toEqual(names);
        for (const name of names) {
          expect(parseName(name)).toBe(name);
          expect(name).not.toMatch(/^\.{0,2}$|[/\p{Cc}]/u);
          expect(Buffer.from(name, 'utf8').toString('utf8')).toBe(name);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
