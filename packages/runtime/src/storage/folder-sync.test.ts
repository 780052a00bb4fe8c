import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createFolderSync } from './folder-sync.ts';

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-folders-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

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
  const making = Array.from({ length: 10 }, () => folders.ensure(folder));
  // Who came second must not go on before the first has synced what is above.
  expect(new Set(making).size).toBe(1);
  await Promise.all(making);
  expect(existsSync(folder)).toBe(true);
});

test('a folder that somebody has removed is created again once it is forgotten', async () => {
  const folders = createFolderSync();
  const above = join(tempFolder(), 'a');
  const folder = join(above, 'b');
  await folders.ensure(folder);
  rmSync(above, { recursive: true });
  await folders.ensure(folder);
  expect(existsSync(folder)).toBe(false);
  folders.forget(folder);
  await folders.ensure(folder);
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
