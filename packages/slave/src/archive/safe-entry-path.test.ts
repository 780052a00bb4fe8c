import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeEntryPath } from './safe-entry-path.ts';

const limits = { maxDepth: 20, maxPathBytes: 1000 };

describe('safeEntryPath', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['a/b/c', 'a/b/c'],
    ['folder/', 'folder'],
    ['./a//b/./c/', 'a/b/c'],
    ['e\u0301', 'é'],
    ['..a/b..', '..a/b..'],
    ['.hidden', '.hidden'],
    ['foo::bar.3pm', 'foo::bar.3pm'],
    ['console.log', 'console.log'],
  ])('%j is the path %j', (name, path) => {
    expect(safeEntryPath(name, limits)).toEqual({ path });
  });

  it.each([
    ['', 'empty'],
    ['./', 'empty'],
    ['../x', 'leaves its folder'],
    ['a/../../x', 'leaves its folder'],
    ['a/..', 'leaves its folder'],
    ['/etc/passwd', 'absolute'],
    ['//server/share', 'absolute'],
    ['C:/x', 'drive letter'],
    ['c:x', 'drive letter'],
    ['./C:/x', 'drive letter'],
    ['\\\\server\\share', 'backslash'],
    ['..\\x', 'backslash'],
    ['a\0b', 'NUL'],
    ['a\nb', 'control character'],
    ['\u001b[2Jx', 'control character'],
    ['cod\u202egpj.exe', 'reading direction'],
    ['\ud800', 'Unicode'],
    ['a/.../b', 'only dots'],
    ['a/.. /b', 'only dots'],
    ['a/CON', 'reserved'],
    ['nul.txt', 'reserved'],
    ['x'.repeat(256), 'component longer'],
    ['é'.repeat(128), 'component longer'],
    [Array(21).fill('d').join('/'), 'folders deep'],
    [Array(10).fill('x'.repeat(150)).join('/'), 'longer than 1000'],
    ['x'.repeat(5000), 'longer than 1000'],
  ])('%j is refused: %s', (name, reason) => {
    expect(safeEntryPath(name, limits)).toEqual({ reason: expect.stringContaining(reason) });
  });

  it('never gives a path that leaves the folder it is resolved in', () => {
    const piece = fc.oneof(
      fc.constantFrom('..', '.', '', '/', '\\', 'C:', '\0', 'a', 'con', ' ', '...', '\u202e'),
      fc.string({ unit: 'binary' }),
    );
    const names = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('/'));
    fc.assert(
      fc.property(names, (name) => {
        const safe = safeEntryPath(name, limits);
        if ('reason' in safe) return;
        expect(safe.path).not.toMatch(/^\/|\\|\0|(^|\/)(\.\.?)?(\/|$)/);
        expect(safeEntryPath(safe.path, limits)).toEqual(safe);
      }),
      { numRuns: 2000 },
    );
  });
});
