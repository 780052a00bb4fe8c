import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../testing/temp-folder.ts';
import { createFolderSync } from './folder-sync.ts';

test('calls during a sync share one that begins after it', async () => {
  const folder = tempFolder();
  const folders = createFolderSync();
  const [first, second, third] = [folders.sync(folder), folders.sync(folder), folders.sync(folder)];
  expect(second).not.toBe(first);
  expect(third).toBe(second);
  await Promise.all([first, second]);
  const later = folders.sync(folder);
  expect(later).not.toBe(second);
  await later;
});

test('a folder is created with all above it, by many callers at once', async () => {
  const folders = createFolderSync();
  const folder = join(tempFolder(), 'a', 'b', 'c');
  await Promise.all(Array.from({ length: 10 }, () => folders.ensure(folder)));
  expect(existsSync(folder)).toBe(true);
});

test('a sync that fails fails those who wait for it, and no later one', async () => {
  const folder = join(tempFolder(), 'a');
  const folders = createFolderSync();
  const failures = await Promise.allSettled([folders.sync(folder), folders.sync(folder)]);
  expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await folders.ensure(folder);
  await expect(folders.sync(folder)).resolves.toBeUndefined();
});
