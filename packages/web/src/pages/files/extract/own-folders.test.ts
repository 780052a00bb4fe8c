import { expect, test } from 'vitest';
import { ApiError } from '../../../api/api-error.ts';
import { isFile, ownFolders } from './own-folders.ts';

const nowhere = (): Promise<boolean> => Promise.resolve(false);

test('every archive gets a folder of its own, named like it', async () => {
  expect(await ownFolders(['photos.zip', 'notes.tar.gz'], nowhere)).toEqual(['photos', 'notes']);
});

test('archives that differ only in their ending do not share a folder', async () => {
  expect(await ownFolders(['a.zip', 'a.7z', 'a (2).rar', 'a.tar.gz'], nowhere)).toEqual([
    'a',
    'a (2)',
    'a (2) (2)',
    'a (3)',
  ]);
});

test('a file whose name the folder would have is left alone', async () => {
  const isFile = async (name: string): Promise<boolean> => ['notes.txt', 'notes.txt (2)'].includes(name);
  expect(await ownFolders(['notes.txt.zip', 'notes.txt.7z', 'photos.zip'], isFile)).toEqual([
    'notes.txt (3)',
    'notes.txt (4)',
    'photos',
  ]);
});

test('a name is free where nothing is found or a folder is, and not where nobody could look', async () => {
  const failed = (code: string) =>
    Promise.reject(
      new ApiError({ code, message: 'no', hint: '', details: {} }, { status: 500, requestId: null }),
    );
  expect(await isFile(Promise.resolve({ kind: 'file' }))).toBe(true);
  expect(await isFile(Promise.resolve({ kind: 'folder' }))).toBe(false);
  expect(await isFile(failed('PATH_NOT_FOUND'))).toBe(false);
  const look = ownFolders(['photos.zip'], () => isFile(failed('UNAVAILABLE')));
  await expect(look).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
