import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { loadMasterKey } from './load-master-key.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-key-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});
const text = (key: Uint8Array): string => Buffer.from(key).toString('utf8');

test('a key is made once, for its owner alone, and is the same ever after', async () => {
  const key = await loadMasterKey(undefined, folder);
  expect(text(key)).toMatch(/^[\w-]{43}$/);
  expect(await loadMasterKey(undefined, folder)).toEqual(key);
  expect((await stat(join(folder, 'master.key'))).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['master.key']);
});

test('C6 a key that was cut short is refused, and stays as it is', async () => {
  for (const left of ['', '\n', 'x'.repeat(31)]) {
    await writeFile(join(folder, 'master.key'), left);
    await expect(loadMasterKey(undefined, folder)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('master.key holds'),
    });
    expect(await readFile(join(folder, 'master.key'), 'utf8')).toBe(left);
  }
});

test('C6 what a kill has left of a key that was being made is in nobody’s way', async () => {
  await writeFile(join(folder, 'master.key.new'), 'half');
  expect(text(await loadMasterKey(undefined, folder))).toHaveLength(43);
  expect(await readdir(folder)).toEqual(['master.key']);
});
