import type { ArchiveListEntry } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { archiveTree, countMarked, markOf, openRows, toggleMark } from './archive-tree.ts';

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
