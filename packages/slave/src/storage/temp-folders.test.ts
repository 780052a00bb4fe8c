import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../testing/temp-folder.ts';
import { createTempFolders } from './temp-folders.ts';

test('a start deletes what a crash has left, and nothing of anybody else', async () => {
  const shared = tempFolder();
  const folders = createTempFolders(shared, '/data/a');
  const other = createTempFolders(shared, '/data/b');
  await folders.prepare();
  await other.prepare();
  mkdirSync(join(folders.root, 'left'));
  writeFileSync(join(other.root, 'in-use'), '');
  writeFileSync(join(shared, 'of-somebody'), '');
  await folders.prepare();
  expect(readdirSync(folders.root)).toEqual([]);
  expect(existsSync(join(other.root, 'in-use'))).toBe(true);
  expect(existsSync(join(shared, 'of-somebody'))).toBe(true);
});

test('what was reserved is gone when the work has ended, released or not', async () => {
  const folders = createTempFolders(tempFolder(), '/data/a');
  await folders.prepare();
  const space = folders.open('part');
  const [first, second] = [await space.reserve(1000), await space.reserve(1000)];
  writeFileSync(join(first.folder, 'x'), 'x');
  await first.release();
  await first.release();
  expect(readdirSync(folders.root)).toHaveLength(1);
  await space.releaseAll();
  expect(existsSync(second.folder)).toBe(false);
});

test('more than the disk has is NO_SPACE, and earlier reservations count', async () => {
  const folders = createTempFolders(tempFolder(), '/data/a');
  await folders.prepare();
  const space = folders.open('part');
  await expect(space.reserve(Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ code: 'NO_SPACE' });
  const { bavail, bsize } = await import('node:fs/promises').then(({ statfs }) => statfs(folders.root));
  const most = Math.floor(bavail * bsize * 0.6);
  const first = await space.reserve(most);
  await expect(space.reserve(most)).rejects.toMatchObject({ code: 'NO_SPACE' });
  await first.release();
  await (await space.reserve(most)).release();
});

test('a temporary folder that cannot be written is refused at the start', async () => {
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  await expect(createTempFolders(file, '/data/a').prepare()).rejects.toMatchObject({
    code: 'TEMP_NOT_WRITABLE',
  });
});
