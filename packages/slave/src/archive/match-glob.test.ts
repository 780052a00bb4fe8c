import { AppError } from '@longshore/protocol';
import fc from 'fast-check';
import picomatch from 'picomatch';
import { expect, it, test } from 'vitest';
import { matchGlob } from './match-glob.ts';
import { parseGlob } from './parse-glob.ts';

const matches = (pattern: string, path: string): boolean =>
  parseGlob(pattern).some((steps) => matchGlob(steps, path));

it.each([
  ['*.txt', ['a.txt', '.txt', '🚢.txt'], ['a.txt2', 'b/a.txt']],
  ['**/*.txt', ['a.txt', 'b/a.txt', 'c/b/a.txt'], ['a.md', 'c/b/a.md']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b', 'a/b/below'], ['ab', 'a/xb', 'x/a/b', 'a/b2']],
  ['?', ['a', '🚢'], ['ab', '']],
  ['a?c', ['abc'], ['a/c', 'ac']],
  ['[a-c]x', ['ax', 'cx'], ['dx', '-x']],
  ['[!a-c]x', ['dx'], ['ax', '/x']],
  ['[]x]', [']', 'x'], ['y']],
  ['[a', ['[a'], ['a']],
  ['{a,b{1,2}}.txt', ['a.txt', 'b1.txt', 'b2.txt'], ['b.txt', 'b3.txt']],
  ['{a', ['{a'], ['a']],
  ['a{,b}', ['a', 'ab'], ['b']],
  ['\\{a,b\\}', ['{a,b}'], ['a']],
  ['a**b', ['ab', 'axb'], ['a/b']],
])('the pattern %j', (pattern, taken, left) => {
  expect(taken.filter((path) => !matches(pattern, path))).toEqual([]);
  expect(left.filter((path) => matches(pattern, path))).toEqual([]);
});

test('it agrees with a widely used implementation about folders and stars', () => {
  const component = fc.stringMatching(/^[ab*?]{1,3}$/).filter((text) => !/\*\*/.test(text));
  const pattern = fc
    .array(fc.oneof(component, fc.constant('**')), { minLength: 1, maxLength: 4 })
    .filter((components) => components.at(-1) !== '**')
    .map((components) => components.join('/'));
  const path = fc
    .array(fc.stringMatching(/^[ab]{1,3}$/), { minLength: 1, maxLength: 5 })
    .map((components) => components.join('/'));
  fc.assert(
    fc.property(pattern, path, (glob, text) => {
      const isMatch = picomatch(glob, { dot: true, strictSlashes: true });
      const folders = [...text.matchAll(/\//g)].map(({ index }) => text.slice(0, index));
      expect(matches(glob, text)).toBe([...folders, text].some((name) => isMatch(name)));
    }),
    { numRuns: 3000 },
  );
});

it.each([
  ['*a'.repeat(100), 'a'.repeat(800)],
  [`${'**/a/'.repeat(100)}b`, `${'a/'.repeat(500)}c`],
  ['{a,'.repeat(1000), 'a'],
])('L9 a match looks at each step a few times for each character, whatever the pattern', (pattern, path) => {
  for (const steps of parseGlob(`${pattern}!`)) {
    let looks = 0;
    const counted = new Proxy(steps, {
      get: (target, property, receiver) => {
        looks += 1;
        return Reflect.get(target, property, receiver);
      },
    });
    expect(matchGlob(counted, path)).toBe(false);
    expect(looks).toBeLessThanOrEqual(4 * (steps.length + 1) * (path.length + 1));
  }
});

test('braces that stand for too much are refused', () => {
  expect(() => parseGlob('{a,b}'.repeat(10))).toThrow(AppError);
});
