import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BlobId } from '@longshore/protocol';
import { stagingPath } from '@longshore/runtime';
import { expect, test } from 'vitest';
import { toSystemError } from '../errors/system-error.ts';
import { sampleAttempt } from '../testing/sample-attempt.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { createLocalStore } from './local-store.ts';

const never = new AbortController().signal;
const newId = (): BlobId => BlobId.parse(crypto.randomUUID());

test('a blob is written to the folder that its id names, and nothing stays staged', async () => {
  const root = tempFolder();
  const store = createLocalStore(root);
  const blobId = newId();
  const facts = await store.write({ blobId, ref: sampleAttempt(), content: Buffer.from('hello') }, never);
  expect(facts).toEqual({
    sizeBytes: 5,
    sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    crc32: 0x3610a686,
  });
  const path = join(root, 'blobs', blobId.slice(0, 2), blobId.slice(2, 4), blobId);
  expect(store.pathOf(blobId)).toBe(path);
  expect(readFileSync(path, 'utf8')).toBe('hello');
  expect(readdirSync(join(root, 'staging'))).toEqual([]);
});

test('C6: after a crash only the staged files of our own parts are deleted', async () => {
  const root = tempFolder();
  const store = createLocalStore(root);
  mkdirSync(join(root, 'staging'));
  const [ours, theirs] = [sampleAttempt(), sampleAttempt()];
  const left = (name: string): void => writeFileSync(stagingPath(root, name), 'half');
  left(`${ours.partId}.1.${crypto.randomUUID()}`);
  left(`${theirs.partId}.1.${crypto.randomUUID()}`);
  left('an-upload-of-the-master');
  await store.removeStaged((partId) => partId === ours.partId);
  expect(
    readdirSync(join(root, 'staging'))
      .map((name) => name.slice(0, 20))
      .toSorted(),
  ).toEqual([theirs.partId.slice(0, 20), 'an-upload-of-the-mas'].toSorted());
});

test('C8 folders of the store that are deleted under it are made again', async () => {
  const root = tempFolder();
  const store = createLocalStore(root);
  const write = (blobId: BlobId) =>
    store.write({ blobId, ref: sampleAttempt(), content: Buffer.from('hello') }, never);
  const first = newId();
  await write(first);
  rmSync(join(root, 'staging'), { recursive: true });
  const second = newId();
  await write(second);
  expect(readFileSync(store.pathOf(second), 'utf8')).toBe('hello');
  rmSync(dirname(store.pathOf(second)), { recursive: true });
  await write(second);
  expect(readFileSync(store.pathOf(second), 'utf8')).toBe('hello');
  expect(readFileSync(store.pathOf(first), 'utf8')).toBe('hello');
});

test('C9 a store whose disk is gone says so, and nothing is written in its place', async () => {
  const root = tempFolder();
  const store = createLocalStore(root);
  const write = () =>
    store.write({ blobId: newId(), ref: sampleAttempt(), content: Buffer.from('x') }, never);
  await write();
  for (const name of ['staging', 'blobs']) rmSync(join(root, name), { recursive: true });
  await expect(write()).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: 'the folder of the store is empty: is its disk mounted?',
  });
  expect(readdirSync(root)).toEqual([]);
});

test('a store whose folder cannot be written says so without its path', async () => {
  const root = join(tempFolder(), 'file');
  writeFileSync(root, 'not a folder');
  const writing = createLocalStore(root).write(
    { blobId: newId(), ref: sampleAttempt(), content: Buffer.from('x') },
    never,
  );
  await expect(writing).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.not.stringContaining(root),
  });
});

test('C1, C4: a full disk is NO_SPACE and any other failure STORAGE_FAILED', () => {
  const system = (code: string): Error => Object.assign(new Error(code), { code });
  expect(toSystemError(system('ENOSPC'), 'the store')).toMatchObject({
    code: 'NO_SPACE',
    message: 'the store is full',
  });
  expect(toSystemError(system('SQLITE_FULL'), 'the journal').code).toBe('NO_SPACE');
  expect(toSystemError(system('EIO'), 'the store')).toMatchObject({
    code: 'STORAGE_FAILED',
    message: 'the store failed with EIO',
  });
});
