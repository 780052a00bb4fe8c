import { describe, expect, it } from 'vitest';
import { numberedName } from './numbered-name.ts';

describe('numberedName', () => {
  it.each([
    ['photo.jpg', 1, 'photo (1).jpg'],
    ['backup.tar.gz', 2, 'backup (2).tar.gz'],
    ['README', 10, 'README (10)'],
    ['.bashrc', 1, '.bashrc (1)'],
    ['a.b.c', 1, 'a.b (1).c'],
    ['Vol. one', 1, 'Vol. one (1)'],
    ['trailing.', 1, 'trailing. (1)'],
  ])('%s, number %i, is %s', (name, number, expected) => {
    expect(numberedName(name, number, 'file')).toBe(expected);
  });

  it('a folder has no extension', () => {
    expect(numberedName('v1.2', 1, 'folder')).toBe('v1.2 (1)');
  });

  it('a long name is cut between characters and keeps its extension', () => {
    const name = numberedName(`${'🙂'.repeat(62)}.jpg`, 1, 'file');
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(name).toMatch(/^🙂+ \(1\)\.jpg$/u);
  });
});
