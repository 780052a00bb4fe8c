import { type FileHandle, mkdir, open, opendir, readdir, stat, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError, BlobId } from '@longshore/protocol';
import {
  type BlobDigest,
  blobPath,
  type Clock,
  createBlobDigest,
  createFolderSync,
  openStaged,
  stagingPath,
} from '@longshore/runtime';
import type { BlobStat, ByteRange, StorageDriver, WrittenBlob } from '../storage-driver.ts';
import { createRangeStream } from './local/create-range-stream.ts';
import { diskError, systemCodeOf } from './local/disk-error.ts';
import { digestFile, ignoreMissing, publishBlob } from './local/publish-blob.ts';
import { receiveBytes } from './local/receive-bytes.ts';
import { sendBytes } from './local/send-bytes.ts';

/** Content may fail while its file is being opened, or after it was given up: `receiveBytes` asks for the error. */
const noticedLater = (): void => {};

/** Digests kept of resumable writes, so that a write that is not interrupted is not read again for its digest. */
const maxRunningDigests = 256;

/**
 * Blobs in a folder of this machine: published under `blobs/`, unfinished under `staging/`. A node that holds the
 * same folder reads and writes it with the same layout (`blobPath`, `stagingPath`).
 */
export async function openLocalStore(options: { root: string; clock: Clock }): Promise<StorageDriver> {
  const { root, clock } = options;
  const partName = (blobId: BlobId): string => `${blobId}.part`;
  const appended = (blobId: BlobId): string => stagingPath(root, partName(blobId));
  const folders = createFolderSync();
  const running = new Map<BlobId, { digest: BlobDigest; offset: number }>();
  await mkdir(join(root, 'blobs'), { recursive: true });
  await mkdir(join(root, 'staging'), { recursive: true });

  const driver: StorageDriver = {
    openRead: async (blobId, { range, signal }) => {
      const file = await openBlob(root, blobId, range);
      return createRangeStream({ file, range, signal, name: `blob ${blobId}` });
    },
    send: async (blobId, to, { range, signal, onOpen }) => {
      const file = await openBlob(root, blobId, range);
      try {
        onOpen();
        await sendBytes({ file, to, range, signal, name: `blob ${blobId}` });
      } catch (error) {
        throw diskError(error, `blob ${blobId} cannot be read`);
      } finally {
        await file.close();
      }
    },
    write: async (blobId, content, { sizeBytes, maxBytes, signal }) => {
      content.on('error', noticedLater);
      const name = `${blobId}.${crypto.randomUUID()}`;
      const path = stagingPath(root, name);
      try {
        const file = await openStaged(root, { name, flags: 'wx', mode: 0o600 });
        const written = await writeNew(file, content, {
          maxBytes: sizeBytes ?? maxBytes ?? Infinity,
          signal,
        });
        if (sizeBytes !== undefined && written.sizeBytes !== sizeBytes) {
          const message = `${written.sizeBytes} bytes came, ${sizeBytes} were announced`;
          throw new AppError('LENGTH_MISMATCH', message);
        }
        await publishBlob({ from: path, to: blobPath(root, blobId), written, folders });
        return written;
      } catch (error) {
        await unlink(path).catch(ignoreMissing);
        throw diskError(error, `blob ${blobId} cannot be written`);
      }
    },
    append: async (blobId, content, { offset, maxBytes, signal }) => {
      content.on('error', noticedLater);
      const known = running.get(blobId);
      running.delete(blobId);
      const digest = offset === 0 ? createBlobDigest() : known?.offset === offset ? known.digest : undefined;
      try {
        const file =
          offset === 0
            ? await openStaged(root, { name: partName(blobId), flags: 'w', mode: 0o600 })
            : await open(appended(blobId), 'r+');
        try {
          if ((await file.stat()).size < offset) {
            throw new AppError('STORAGE_FAILED', `less than ${offset} bytes of upload ${blobId} are stored`);
          }
          if (offset > 0) await file.truncate(offset);
          const onChunk = (chunk: Buffer): void => digest?.add(chunk);
          const received = await receiveBytes({ content, file, position: offset, maxBytes, onChunk, signal });
          await file.datasync();
          const reached = offset + received.bytes;
          if (digest !== undefined) remember(running, blobId, { digest, offset: reached });
          return { offset: reached, interruptedBy: received.interruptedBy };
        } finally {
          await file.close();
        }
      } catch (error) {
        throw diskError(error, `upload ${blobId} cannot be continued`);
      }
    },
    finishAppend: async (blobId) => {
      const path = appended(blobId);
      try {
        const size = await stat(path).then(({ size }) => size, ignoreMissing);
        if (size === undefined) return await digestPublished(root, blobId);
        const known = running.get(blobId);
        const written = known?.offset === size ? known.digest.facts() : await digestFile(path);
        await publishBlob({ from: path, to: blobPath(root, blobId), written, folders });
        running.delete(blobId);
        return written;
      } catch (error) {
        throw diskError(error, `upload ${blobId} cannot be finished`);
      }
    },
    dropAppend: async (blobId) => {
      running.delete(blobId);
      await unlink(appended(blobId)).catch(ignoreMissing);
    },
    stat: async (blobId) =>
      stat(blobPath(root, blobId)).then(
        (found): BlobStat => ({ sizeBytes: found.size, modifiedAtMs: found.mtimeMs }),
        ignoreMissing,
      ),
    delete: async (blobId) => {
      try {
        await unlink(blobPath(root, blobId)).catch(ignoreMissing);
      } catch (error) {
        throw diskError(error, `blob ${blobId} cannot be deleted`);
      }
    },
    list: () => listBlobs(join(root, 'blobs')),
    removeAbandoned: (olderThanMs) => removeAbandoned(join(root, 'staging'), clock.nowMs() - olderThanMs),
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
  };
  return driver;
}

async function openBlob(root: string, blobId: BlobId, range: ByteRange): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(blobPath(root, blobId), 'r');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') {
      throw new AppError('BLOB_NOT_FOUND', `blob ${blobId} is not in the store`, { cause: error });
    }
    throw diskError(error, `blob ${blobId} cannot be read`);
  }
  const { size } = await file.stat();
  if (size >= range.end) return file;
  await file.close();
  throw new AppError('BLOB_CORRUPT', `blob ${blobId} has ${size} bytes, ${range.end} were expected`);
}

async function writeNew(
  file: FileHandle,
  content: Readable,
  options: { maxBytes: number; signal: AbortSignal | undefined },
): Promise<WrittenBlob> {
  const digest = createBlobDigest();
  try {
    const received = await receiveBytes({ content, file, position: 0, onChunk: digest.add, ...options });
    if (received.interruptedBy !== null) throw received.interruptedBy;
    await file.datasync();
    return digest.facts();
  } finally {
    await file.close();
  }
}

function remember<Value>(map: Map<BlobId, Value>, blobId: BlobId, value: Value): void {
  map.set(blobId, value);
  const oldest = map.size > maxRunningDigests ? map.keys().next().value : undefined;
  if (oldest !== undefined) map.delete(oldest);
}

async function digestPublished(root: string, blobId: BlobId): Promise<WrittenBlob> {
  return digestFile(blobPath(root, blobId)).catch((cause: unknown) => {
    if (systemCodeOf(cause) !== 'ENOENT') throw cause;
    throw new AppError('BLOB_NOT_FOUND', `nothing of blob ${blobId} is stored`, { cause });
  });
}

async function* listBlobs(folder: string): AsyncIterable<BlobId> {
  for (const first of await readdir(folder)) {
    if (first.length > 2) continue;
    for (const second of await readdir(join(folder, first))) {
      for await (const entry of await opendir(join(folder, first, second))) {
        const blobId = BlobId.safeParse(entry.name);
        if (blobId.success) yield blobId.data;
      }
    }
  }
}

async function removeAbandoned(folder: string, beforeMs: number): Promise<number> {
  let removed = 0;
  for (const name of (await readdir(folder).catch(ignoreMissing)) ?? []) {
    const path = join(folder, name);
    const found = await stat(path).catch(ignoreMissing);
    if (found === undefined || found.mtimeMs > beforeMs) continue;
    await unlink(path).catch(ignoreMissing);
    removed += 1;
  }
  return removed;
}
