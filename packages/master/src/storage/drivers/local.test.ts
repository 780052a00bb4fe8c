import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BlobId } from '@longshore/protocol';
import { blobPath, systemClock } from '@longshore/runtime';
import { expect, it } from 'vitest';
import { describeDriverContract } from '../driver-contract.ts';
import { openLocalStore } from './local.ts';

const temporaryRoot = (): string => mkdtempSync(join(tmpdir(), 'longshore-local-'));

describeDriverContract('local', async () => {
  const root = temporaryRoot();
  return {
    open: () => openLocalStore({ root, clock: systemClock }),
    truncate: (blobId, sizeBytes) => truncate(blobPath(root, blobId), sizeBytes),
    countUnfinished: async () => readdirSync(join(root, 'staging')).length,
    remove: async () => rmSync(root, { recursive: true }),
  };
});

it('a blob lies where a node that shares the folder looks for it', async () => {
  const root = temporaryRoot();
  const driver = await openLocalStore({ root, clock: systemClock });
  const blobId = BlobId.parse(crypto.randomUUID());
  await driver.write(blobId, Readable.from([Buffer.from('x')]), {});
  expect(existsSync(blobPath(root, blobId))).toBe(true);
  rmSync(root, { recursive: true });
});

it('C8 a folder of unfinished blobs that is deleted under the master is made again', async () => {
  const root = temporaryRoot();
  const driver = await openLocalStore({ root, clock: systemClock });
  const write = (bytes: string) => driver.write(newId(), Readable.from([Buffer.from(bytes)]), {});
  const newId = (): BlobId => BlobId.parse(crypto.randomUUID());
  rmSync(join(root, 'staging'), { recursive: true });
  await expect(write('x')).resolves.toMatchObject({ sizeBytes: 1 });
  rmSync(join(root, 'staging'), { recursive: true });
  const appended = await driver.append(newId(), Readable.from([Buffer.from('xy')]), {
    offset: 0,
    maxBytes: 2,
  });
  expect(appended).toEqual({ offset: 2, interruptedBy: null });
  rmSync(join(root, 'staging'), { recursive: true });
  expect(await driver.removeAbandoned(0)).toBe(0);
  rmSync(join(root, 'blobs'), { recursive: true });
  await expect(write('x')).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringContaining('is its disk mounted?'),
  });
  rmSync(root, { recursive: true });
});

/** A file system of 2 MiB, where this user may mount one. */
function mountSmallDisk(): { root: string; unmount: () => void } | undefined {
  const root = temporaryRoot();
  mkdirSync(root, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', root], { stdio: 'ignore' });
  } catch {
    rmSync(root, { recursive: true });
    return undefined;
  }
  return {
    root,
    unmount: () => {
      execFileSync('umount', [root]);
      rmSync(root, { recursive: true });
    },
  };
}

it('a full disk is NO_SPACE, leaves nothing, and takes smaller blobs again', async ({ skip }) => {
  const disk = mountSmallDisk();
  if (disk === undefined) return skip('mounting a small disk needs root');
  try {
    const driver = await openLocalStore({ root: disk.root, clock: systemClock });
    const newId = (): BlobId => BlobId.parse(crypto.randomUUID());
    const pieces = Array.from({ length: 50 }, () => randomBytes(65_536));
    const write = driver.write(newId(), Readable.from(pieces), {});
    await expect(write).rejects.toMatchObject({ code: 'NO_SPACE' });
    const append = driver.append(newId(), Readable.from(pieces), { offset: 0, maxBytes: 1e9 });
    await expect(append).rejects.toMatchObject({ code: 'NO_SPACE' });
    await driver.removeAbandoned(-60_000);
    expect(readdirSync(join(disk.root, 'staging'))).toEqual([]);
    const small = await driver.write(newId(), Readable.from([randomBytes(65_536)]), {});
    expect(small.sizeBytes).toBe(65_536);
  } finally {
    disk.unmount();
  }
});
