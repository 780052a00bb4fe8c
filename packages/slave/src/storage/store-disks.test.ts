import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../testing/temp-folder.ts';
import { storeDisks } from './store-disks.ts';

test('N4 each store tells of its disk without its path, and one whose folder is gone tells nothing', async () => {
  const path = tempFolder();
  const { blocks, bsize } = await statfs(path);
  expect(await storeDisks({ local: path, gone: join(path, 'gone') })).toEqual([
    { name: 'local', freeBytes: expect.any(Number), totalBytes: blocks * bsize },
  ]);
});
