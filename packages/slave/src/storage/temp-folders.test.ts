import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../testing/temp-folder.ts';
import { createTempFolders } from './temp-folders.ts';

const open = (tempPath: string, dataPath: string, minFreeBytes = 0) =>
  createTempFolders({ tempPath, dataPath, minFreeBytes: () => minFreeBytes });

test('a start deletes what a crash has left, and nothing of anybody else', async () => {
  const shared = tempFolder();
  const folders = open(shared, '/data/a');
  const other = open(shared, '/data/b');
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
  const folders = open(tempFolder(), '/data/a');
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
  const folders = open(tempFolder(), '/data/a');
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

test('C8 a temporary folder that is deleted under the slave is made again', async () => {
  const shared = join(tempFolder(), 'tmp');
  const folders = open(shared, '/data/a');
  await folders.prepare();
  const space = folders.open('part');
  for (const gone of [folders.root, shared]) {
    await space.reserve(1000);
    rmSync(gone, { recursive: true });
    const again = await space.reserve(1000);
    expect(existsSync(again.folder)).toBe(true);
    rmSync(gone, { recursive: true });
    expect(await folders.space()).toMatchObject({ path: folders.root });
  }
  await space.releaseAll();
});

test('a temporary folder that cannot be written is refused at the start', async () => {
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  await expect(open(file, '/data/a').prepare()).rejects.toMatchObject({
    code: 'TEMP_NOT_WRITABLE',
  });
});

test('S5: what shall stay free is not given to work, and what was promised is told', async () => {
  const none = open(tempFolder(), '/data/a', Number.MAX_SAFE_INTEGER);
  await none.prepare();
  await expect(none.open('part').reserve(1)).rejects.toMatchObject({
    code: 'NO_SPACE',
    message: 'the temporary folder has 0 bytes left for work, 1 are needed',
  });
  const some = open(tempFolder(), '/data/a', 4096);
  await some.prepare();
  const space = some.open('part');
  await space.reserve(1000);
  expect(await some.space()).toMatchObject({ reservedBytes: 1000, minFreeBytes: 4096 });
  await space.releaseAll();
  expect(await some.space()).toMatchObject({ reservedBytes: 0 });
});

test('F14 no clean-up follows a link out of the temporary folder', async () => {
  const outside = tempFolder();
  writeFileSync(join(outside, 'of-somebody'), '');
  const kept = () => expect(readdirSync(outside)).toEqual(['of-somebody']);
  const folders = open(tempFolder(), '/data/a');
  await folders.prepare();
  const space = folders.open('part');
  const { folder } = await space.reserve(1000);
  const linkIn = (place: string): void => {
    symlinkSync(outside, join(place, 'to-folder'));
    symlinkSync(join(outside, 'of-somebody'), join(place, 'to-file'));
    symlinkSync('../'.repeat(40), join(place, 'to-root'));
  };
  linkIn(folder);
  await space.releaseAll();
  expect(existsSync(folder)).toBe(false);
  kept();
  linkIn(folders.root);
  await folders.prepare();
  expect(readdirSync(folders.root)).toEqual([]);
  kept();
});

test('F14 a link in the place of the temporary folder is replaced, and its target left alone', async () => {
  const outside = tempFolder();
  writeFileSync(join(outside, 'of-somebody'), '');
  const folders = open(tempFolder(), '/data/a');
  symlinkSync(outside, folders.root);
  await folders.prepare();
  expect(lstatSync(folders.root).isDirectory()).toBe(true);
  expect(lstatSync(folders.root).mode & 0o777).toBe(0o700);
  expect(readdirSync(outside)).toEqual(['of-somebody']);
});

test('S5: what the work has written of its promise is not missing twice', async () => {
  const folders = open(tempFolder(), '/data/a');
  await folders.prepare();
  const space = folders.open('part');
  const [half, over] = [await space.reserve(2_000_000), await space.reserve(100_000)];
  writeFileSync(join(half.folder, 'x'), randomBytes(1_000_000), { flush: true });
  mkdirSync(join(over.folder, 'below'));
  writeFileSync(join(over.folder, 'below', 'y'), randomBytes(300_000), { flush: true });
  const told = await folders.space();
  expect(told).toMatchObject({ reservedBytes: 2_100_000 });
  expect(told?.writtenBytes).toBeGreaterThanOrEqual(1_100_000);
  expect(told?.writtenBytes).toBeLessThan(1_200_000);
  await half.release();
  expect(await folders.space()).toMatchObject({ reservedBytes: 100_000, writtenBytes: 100_000 });
  await space.releaseAll();
  expect(await folders.space()).toMatchObject({ reservedBytes: 0, writtenBytes: 0 });
});
