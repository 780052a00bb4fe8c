import type { ArchiveListEntry } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { archiveTree, countMarked, markOf, openRows, stepInTree, toggleMark } from './archive-tree.ts';

const file = (path: string, sizeBytes = 1): ArchiveListEntry => ({
  index: 0,
  path,
  type: 'file',
  sizeBytes,
  compressedBytes: null,
  modifiedAtMs: null,
  encrypted: false,
  unsafe: null,
});

const tree = archiveTree([file('a/x/1', 10), file('a/x/2', 20), file('a/3', 30), file('b', 40)]);

test('folders that are only implied are there, with what is beneath them counted', () => {
  expect(tree.map((node) => [node.path, node.files, node.sizeBytes])).toEqual([
    ['a', 3, 60],
    ['b', 1, 40],
  ]);
});

test('only open folders show what they hold', () => {
  expect(openRows(tree, new Set()).map((row) => row.node.path)).toEqual(['a', 'b']);
  expect(openRows(tree, new Set(['a'])).map((row) => row.node.path)).toEqual(['a', 'a/x', 'a/3', 'b']);
});

test('a marked folder covers all beneath it', () => {
  const marks = toggleMark(tree, new Set(['a/x/1']), 'a');
  expect([...marks]).toEqual(['a']);
  expect(markOf(marks, 'a/x/2')).toBe('all');
  expect(countMarked(tree, marks)).toEqual({ files: 3, bytes: 60 });
});

test('taking one file out of a marked folder leaves the others marked', () => {
  const marks = toggleMark(tree, new Set(['a']), 'a/x/1');
  expect([...marks].toSorted()).toEqual(['a/3', 'a/x/2']);
  expect(markOf(marks, 'a')).toBe('some');
  expect(markOf(marks, 'a/x/1')).toBe('none');
});

test('marking twice marks nothing', () => {
  expect([...toggleMark(tree, toggleMark(tree, new Set(), 'b'), 'b')]).toEqual([]);
});

test.for([
  ['ArrowDown', -1, { go: 0 }],
  ['ArrowUp', -1, { go: 3 }],
  ['ArrowDown', 3, { go: 3 }],
  ['Home', 2, { go: 0 }],
  ['End', 0, { go: 3 }],
  ['ArrowRight', 0, { go: 1 }],
  ['ArrowRight', 1, { toggle: 'a/x' }],
  ['ArrowRight', 2, null],
  ['ArrowLeft', 0, { toggle: 'a' }],
  ['ArrowLeft', 2, { go: 0 }],
  ['ArrowLeft', 3, null],
  ['x', 0, null],
] as const)('%s on row %d', ([key, at, step]) => {
  const open = new Set(['a']);
  expect(stepInTree(openRows(tree, open), open, at, key)).toEqual(step);
});
