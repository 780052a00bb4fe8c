import { createHash, randomBytes } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { BlobId } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { tempFolder } from '../testing/temp-folder.ts';
import { testMeter } from '../testing/test-meter.ts';
import { openLocalBlob } from './local-blob-source.ts';

const never = new AbortController().signal;
const content = randomBytes(2_500_000);

function blob(stored: Uint8Array = content) {
  const path = join(tempFolder(), 'blob');
  writeFileSync(path, stored);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const blobId = BlobId.parse(crypto.randomUUID());
  return {
    path,
    access: { storeId: 'here', blobId, sizeBytes: content.length, sha256, url: '/', ticket: '' },
  };
}

test('any range is exactly these bytes, and the file itself can be opened', async () => {
  const { path, access } = blob();
  const source = await openLocalBlob(access, path, testMeter);
  expect(source).toMatchObject({ sizeBytes: content.length, localPath: path });
  for (const [start, end] of [
    [0, content.length],
    [0, 1],
    [1_000_000, 2_200_000],
    [5, 5],
  ] as const) {
    expect((await buffer(source.open({ start, end }, never))).equals(content.subarray(start, end))).toBe(
      true,
    );
  }
});

test('C7: a bit that changed on the disk fails the reading of the whole blob', async () => {
  const changed = Buffer.from(content);
  changed[1_000_000] = (changed[1_000_000] ?? 0) ^ 1;
  const { path, access } = blob(changed);
  const source = await openLocalBlob(access, path, testMeter);
  const reading = buffer(source.open({ start: 0, end: content.length }, never));
  await expect(reading).rejects.toMatchObject({ code: 'BLOB_CORRUPT', retryable: false });
});

test('C8: a blob that is gone or has another size is refused before it is read', async () => {
  const { path, access } = blob(content.subarray(1));
  await expect(openLocalBlob(access, path, testMeter)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  await expect(openLocalBlob(access, `${path}-gone`, testMeter)).rejects.toMatchObject({
    code: 'BLOB_NOT_FOUND',
  });
});

test('C8: a blob that becomes shorter while it is read never looks like its end', async () => {
  const { path, access } = blob();
  const source = await openLocalBlob(access, path, testMeter);
  truncateSync(path, 1_200_000);
  const reading = buffer(source.open({ start: 1_000_000, end: 2_000_000 }, never));
  await expect(reading).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
});
