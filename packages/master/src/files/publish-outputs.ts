import { AppError, type ConflictPolicy } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { makeBlobsLive } from '../store/blobs/blob-rows.ts';
import { defaultMode } from '../store/files/file-row.ts';
import { changeUsedBytes, lockTree } from '../store/files/quota.ts';
import { ensureFolder } from './ensure-folder.ts';
import { formatPath, type PathNames, parsePath } from './parse-path.ts';
import { publishFile } from './publish-file.ts';
import { type FileToPlace, placeFiles } from './publish-outputs/place-files.ts';
import { createPublishedFolders } from './publish-outputs/published-folders.ts';

/** An output of a task. A folder has no blob; times and modes that are not known are null. */
export type PublishableOutput = {
  readonly kind: 'file' | 'folder';
  /** Relative, with "/" between its names. */
  readonly path: string;
  readonly blobId: string | null;
  readonly mode: number | null;
  readonly modifiedAtMs: number | null;
};

export type PublishedOutputs = {
  /** The first ten paths that appeared directly in the destination. */
  readonly topPaths: string[];
  /** The folder whose content changed; above it nothing did. */
  readonly changedFolder: string;
};

const shownPaths = 10;

/**
 * Makes files and folders of a task's outputs, in the caller's transaction: visible all at once, or not at all. The
 * destination and missing folders are made; folders that are there are merged with. When a name is taken: `fail` throws
 * `PATH_EXISTS`, `rename` chooses "name (1)", `overwrite` replaces a file; what is a folder is never replaced by a file
 * nor the other way round. A path that comes twice conflicts with itself. The blobs must be staged by parts of the
 * task: others are `BLOB_NOT_FOUND`. Sizes are those of the blobs, not those a node has reported. Throws
 * `QUOTA_EXCEEDED`, `NAME_INVALID`, `PATH_INVALID`, `NOT_A_FOLDER`.
 */
export async function publishOutputs(
  tx: Db,
  request: {
    userId: string;
    taskId: string;
    folder: string;
    conflict: ConflictPolicy;
    /** In batches of any size; about a thousand is quick. */
    outputs: AsyncIterable<readonly PublishableOutput[]> | Iterable<readonly PublishableOutput[]>;
  },
): Promise<PublishedOutputs> {
  const { userId, taskId, conflict } = request;
  const destination = parsePath(request.folder);
  await lockTree(tx, userId);
  const { folder, changed } = await ensureFolder(tx, userId, destination);
  const folders = createPublishedFolders({ tx, userId, destination, destinationId: folder.id, conflict });
  const topPaths = new Set<string>();
  let addedBytes = 0;
  for await (const batch of request.outputs) {
    const outputs = batch.map((output) => ({ ...output, names: namesBelow(destination, output.path) }));
    await folders.ensure(outputs);
    const files = outputs.filter((output) => output.kind === 'file');
    const sizes = await makeLive(tx, taskId, files);
    const rows = files.map((file): FileToPlace => {
      const sizeBytes = sizes.get(file.blobId ?? '') ?? 0;
      addedBytes += sizeBytes;
      return {
        parentId: folders.idOf(file.names.slice(0, -1)),
        name: file.names.at(-1) ?? '',
        blobId: file.blobId,
        sizeBytes,
        mode: file.mode ?? defaultMode.file,
        modifiedAtMs: file.modifiedAtMs,
      };
    });
    const placed = await placeFiles(tx, { userId, conflict, files: rows });
    addedBytes -= placed.freedBytes;
    for (const { names } of outputs) {
      if (topPaths.size === shownPaths) break;
      const top = names.slice(0, 1);
      const name = folders.has(top) ? folders.nameOf(top) : undefined;
      if (name !== undefined) topPaths.add(formatPath([...destination, name]));
    }
    for (const file of placed.files) {
      if (topPaths.size < shownPaths && file.parentId === folder.id) {
        topPaths.add(formatPath([...destination, file.name]));
      }
    }
  }
  await changeUsedBytes(tx, userId, addedBytes);
  return { topPaths: [...topPaths], changedFolder: formatPath(changed ?? destination) };
}

/** Like `publishOutputs` for the one output of a task that has a full path of its own. */
export async function publishOutput(
  tx: Db,
  request: {
    userId: string;
    taskId: string;
    path: string;
    conflict: ConflictPolicy;
    output: PublishableOutput;
  },
): Promise<PublishedOutputs> {
  const { userId, taskId, conflict, output } = request;
  await lockTree(tx, userId);
  const sizes = await makeLive(tx, taskId, [output]);
  const { path, changedFolder } = await publishFile(tx, {
    userId,
    names: parsePath(request.path),
    conflict,
    blobId: output.blobId ?? '',
    sizeBytes: sizes.get(output.blobId ?? '') ?? 0,
    reservedBytes: 0,
    mode: output.mode ?? defaultMode.file,
    modifiedAtMs: output.modifiedAtMs,
  });
  return { topPaths: [path], changedFolder };
}

async function makeLive(
  tx: Db,
  taskId: string,
  files: readonly PublishableOutput[],
): Promise<Map<string, number>> {
  const wanted = new Set(files.map((file) => file.blobId ?? ''));
  const sizes = await makeBlobsLive(tx, { taskId, blobIds: [...wanted] });
  const missing = files.find((file) => !sizes.has(file.blobId ?? ''));
  if (missing === undefined) return sizes;
  throw new AppError('BLOB_NOT_FOUND', `the bytes of output "${missing.path}" were not stored by this task`);
}

/** The names of an output below the destination. The whole path is held against the limits. */
const namesBelow = (destination: PathNames, path: string): PathNames => {
  const names = parsePath(`${formatPath(destination)}/${path}`).slice(destination.length);
  if (names.length === 0) throw new AppError('PATH_INVALID', 'the path of an output is empty');
  return names;
};
