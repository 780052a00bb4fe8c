import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { AttemptRef, BlobId } from '@longshore/protocol';
import { type BlobFacts, blobPath, createFolderSync, openStaged, stagingPath } from '@longshore/runtime';
import { systemCodeOf, toSystemError } from '../errors/system-error.ts';
import { attemptKey } from '../journal/attempt-key.ts';
import { writeBlobFile } from './write-blob-file.ts';

/** A store that this node holds itself, as a folder. */
export type LocalStore = {
  pathOf(blobId: BlobId): string;
  /** Stores one blob: staged, synced, renamed. Resolves when it survives a crash; on failure nothing remains. */
  write(
    blob: {
      blobId: BlobId;
      ref: AttemptRef;
      content: Readable | Uint8Array;
      freeChunks?: boolean;
      /** Told what was written as it goes. */
      onBytes?: (bytes: number) => void;
    },
    signal: AbortSignal,
  ): Promise<BlobFacts>;
  /** Deletes what a crash has left half-written for these attempts. Other programs stage there too. */
  removeStaged(isOurs: (partId: string) => boolean): Promise<void>;
};

const place = 'the store of this node';
const stagedName = /^([0-9a-f-]{36})\.\d+\.[0-9a-f-]{36}$/;

export function createLocalStore(root: string): LocalStore {
  const folders = createFolderSync();
  return {
    pathOf: (blobId) => blobPath(root, blobId),
    write: async ({ blobId, ref, content, freeChunks = false, onBytes = () => undefined }, signal) => {
      const name = `${attemptKey(ref)}.${crypto.randomUUID()}`;
      const staged = stagingPath(root, name);
      const final = blobPath(root, blobId);
      try {
        signal.throwIfAborted();
        await folders.ensure(dirname(staged));
        const file = await openStaged(root, { name, flags: 'wx', mode: 0o640 });
        const facts = await writeBlobFile(file, { content, freeChunks, onBytes }, signal);
        await folders.ensure(dirname(final));
        await rename(staged, final).catch(async (error: unknown) => {
          // The folder was cleaned away since it was made.
          if (systemCodeOf(error) !== 'ENOENT') throw error;
          folders.forget(dirname(final));
          await folders.ensure(dirname(final));
          await rename(staged, final);
        });
        await folders.sync(dirname(final));
        return facts;
      } catch (error) {
        // What failed first is what matters; a staged file that stays is deleted at the next start.
        await rm(staged, { force: true }).catch(() => undefined);
        signal.throwIfAborted();
        throw isOfContent(error, content) ? error : toSystemError(error, place);
      }
    },
    removeStaged: async (isOurs) => {
      const folder = dirname(stagingPath(root, 'any'));
      const names = await readdir(folder).catch(() => []);
      for (const name of names) {
        const partId = stagedName.exec(name)?.[1];
        if (partId !== undefined && isOurs(partId)) await rm(join(folder, name), { force: true });
      }
    },
  };
}

/** What the content failed with is not the disk's fault, and is the engine's to judge. */
const isOfContent = (error: unknown, content: Readable | Uint8Array): boolean =>
  !(content instanceof Uint8Array) && content.errored === error;
