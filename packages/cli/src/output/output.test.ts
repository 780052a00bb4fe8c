import { describe, expect, test } from 'vitest';
import { formatAge, formatBytes, formatCount, formatSpan } from './format-values.ts';
import { printable } from './printable.ts';
import { progressBar } from './progress-bar.ts';
import { table } from './table.ts';
import { cutText, textWidth } from './text-width.ts';

describe('values', () => {
  test('sizes have at most three digits before the unit', () => {
    expect([0, 1023, 1024, 1536, 1023.6 * 1024, 5 * 1024 ** 3, 200 * 1024 ** 2].map(formatBytes)).toEqual([
      ...['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '1.0 MiB', '5.0 GiB', '200 MiB'],
    ]);
  });

  test('spans, ages and counts read at a glance', () => {
    expect([400, 9_900, 12_000, 754_000, 3_723_000].map(formatSpan)).toEqual([
      '0.4 s',
      '9.9 s',
      '0:12',
      '12:34',
      '1:02:03',
    ]);
    expect([3_000, 300_000, 7_200_000, 864_000_000].map(formatAge)).toEqual(['3 s', '5 min', '2 h', '10 d']);
    expect([12, 1234, 1234567].map(formatCount)).toEqual(['12', '1,234', '1,234,567']);
  });
});

describe('text', () => {
  test('wide characters and emoji take two columns, combining marks none', () => {
    expect(['abc', '写真', '🧀', 'e\u0301', '\u001b[31mred\u001b[39m'].map(textWidth)).toEqual([
      3, 4, 2, 1, 3,
    ]);
    expect(cutText('写真写真', 5)).toBe('写真…');
  });

  test('names cannot move the cursor or turn the reading order', () => {
    expect(printable('a\u001b[2Jb\nc\u202etxt.exe')).toBe('a\\x1b[2Jb\\x0ac\\u202etxt.exe');
  });
});

describe('a table', () => {
  const columns = [
    { title: 'NAME', shrink: true },
    { title: 'SIZE', align: 'right' as const },
  ];
  const plain = (text: string): string => text;

  test('aligns its columns and ends no line with a space', () => {
    expect(
      table(
        columns,
        [
          ['写真', '1 B'],
          ['a', '10 B'],
        ],
        { width: null, title: plain },
      ),
    ).toEqual([...['NAME  SIZE', '写真   1 B', 'a     10 B']]);
  });

  test('fits the terminal by cutting the column that may shrink', () => {
    const lines = table(columns, [['a-very-long-name-indeed', '10 B']], { width: 20, title: plain });
    expect(lines[1]).toBe('a-very-long-n…  10 B');
  });
});

describe('a progress bar', () => {
  const state = {
    label: 'Uploading',
    bytesDone: 512 * 1024 ** 2,
    bytesTotal: 1024 ** 3,
    entriesDone: 1000,
    entriesTotal: 2003,
    bytesPerSecond: 100 * 1024 ** 2,
    etaSeconds: 5,
    unit: ['file', 'files'] as const,
  };

  test('never is wider than the terminal, whatever is left out', () => {
    for (let columns = 20; columns < 200; columns++) {
      expect(textWidth(progressBar(state, columns))).toBeLessThanOrEqual(columns);
    }
    expect(progressBar(state, 110)).toContain(
      '50%  512 MiB of 1.0 GiB · 100 MiB/s · 5 s left · 1,000 of 2,003 files',
    );
  });

  test('draws no bar while the total is unknown', () => {
    const unknown = { ...state, bytesTotal: null, entriesTotal: null, etaSeconds: null };
    expect(progressBar(unknown, 80)).toBe('Uploading  512 MiB · 100 MiB/s · 1,000 files');
    const waiting = { ...unknown, label: 'Waiting', bytesDone: 0, entriesDone: 0, bytesPerSecond: null };
    expect(progressBar(waiting, 80)).toBe('Waiting');
  });
});
