import { expect, test } from 'vitest';
import { clickName, focusAt, keepExisting, moveFocus, noSelection, selectAll } from './selection.ts';

const order = ['a', 'b', 'c', 'd', 'e'];
const alone = { range: false, toggle: false };
const withCtrl = { range: false, toggle: true };
const withShift = { range: true, toggle: false };
const marked = (selection: { names: ReadonlySet<string> }): string =>
  [...selection.names].toSorted().join('');

test('a click marks one, and nothing else', () => {
  const first = clickName(noSelection, order, 'a', alone);
  expect(marked(clickName(first, order, 'c', alone))).toBe('c');
});

test('Ctrl adds, and takes away again', () => {
  const two = clickName(clickName(noSelection, order, 'a', alone), order, 'c', withCtrl);
  expect(marked(two)).toBe('ac');
  expect(marked(clickName(two, order, 'a', withCtrl))).toBe('c');
});

test('Shift marks from where the range began, in both directions', () => {
  const start = clickName(noSelection, order, 'c', alone);
  expect(marked(clickName(start, order, 'e', withShift))).toBe('cde');
  expect(marked(clickName(clickName(start, order, 'e', withShift), order, 'a', withShift))).toBe('abc');
});

test('arrows stop at both ends', () => {
  expect(moveFocus(noSelection, order, 1, false).focus).toBe('a');
  expect(moveFocus(noSelection, order, -1, false).focus).toBe('e');
  const end = clickName(noSelection, order, 'e', alone);
  expect(moveFocus(end, order, 1, false).focus).toBe('e');
  expect(moveFocus(end, order, -99, false).focus).toBe('a');
});

test('Home and End go to the ends, also before anything has the focus', () => {
  expect(focusAt(noSelection, order, order.length - 1, false).focus).toBe('e');
  expect(focusAt(noSelection, order, 0, false).focus).toBe('a');
  expect(focusAt(noSelection, [], 0, false)).toBe(noSelection);
});

test('Shift and an arrow draw the range along', () => {
  const start = clickName(noSelection, order, 'b', alone);
  expect(marked(moveFocus(moveFocus(start, order, 1, true), order, 1, true))).toBe('bcd');
});

test('what is gone is no longer marked', () => {
  const all = selectAll(noSelection, order);
  expect(marked(keepExisting(all, ['b', 'd']))).toBe('bd');
  expect(keepExisting(all, order)).toBe(all);
});
