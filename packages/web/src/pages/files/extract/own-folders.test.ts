import { expect, test } from 'vitest';
import { ownFolders } from './own-folders.ts';

test('every archive gets a folder of its own, named like it', () => {
  expect(ownFolders(['photos.zip', 'notes.tar.gz'])).toEqual(['photos', 'notes']);
});

test('archives that differ only in their ending do not share a folder', () => {
  expect(ownFolders(['a.zip', 'a.7z', 'a (2).rar', 'a.tar.gz'])).toEqual([
    'a',
    'a (2)',
    'a (2) (2)',
    'a (3)',
  ]);
});
