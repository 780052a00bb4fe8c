import { expect, test } from 'vitest';
import { formatBytes } from './format-bytes.ts';
import { formatAgo, formatSpan } from './format-times.ts';
import { baseName, isArchive, joinPath, parentPath, pathSteps, stem } from './paths.ts';

test.for([
  [0, '0 B'],
  [1023, '1,023 B'],
  [1024, '1 KiB'],
  [1_536, '1.5 KiB'],
  [157_286_400, '150 MiB'],
  [1.5 * 1024 ** 4, '1.5 TiB'],
] as const)('%d bytes are %s', ([bytes, text]) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.for([
  [12, '12 ms'],
  [2_400, '2.4 s'],
  [75_000, '1 min 15 s'],
  [7_200_000, '2 h'],
] as const)('%d ms are %s', ([ms, text]) => {
  expect(formatSpan(ms)).toBe(text);
});

test('a moment is told by the largest unit that fits', () => {
  expect(formatAgo(0, 3 * 3_600_000)).toBe('3 hours ago');
  expect(formatAgo(0, 86_400_000)).toBe('yesterday');
});

test('paths are joined and taken apart', () => {
  expect(joinPath('/', 'a')).toBe('/a');
  expect(joinPath('/a', 'b')).toBe('/a/b');
  expect([parentPath('/a'), parentPath('/a/b'), baseName('/a/b')]).toEqual(['/', '/a', 'b']);
  expect(pathSteps('/a/b').map((step) => step.path)).toEqual(['/a', '/a/b']);
});

test('an ending of two parts is one ending', () => {
  expect([stem('x.tar.gz'), stem('x.zip'), stem('.profile')]).toEqual(['x', 'x', '.profile']);
  expect([isArchive('x.tar.zst'), isArchive('X.ZIP'), isArchive('notes.txt')]).toEqual([true, true, false]);
});
