import { mkdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileEntry } from '@longshore/protocol';
import { CommandError } from '../errors/command-error.ts';
import { toLocalFileError } from '../errors/local-file-error.ts';
import { createBlockedFolders } from './blocked-folders.ts';
import { downloadFile } from './download-file.ts';
import { inParallel } from './in-parallel.ts';
import { recordFailure } from './record-failure.ts';
import { readRemoteTree } from './remote-tree.ts';
import { sameContent } from './same-content.ts';
import type { TransferMeans } from './transfer-means.ts';
import type { TransferReport } from './transfer-report.ts';

export type TreeDownload = {
  readonly root: FileEntry /** Local path that the root gets. */;
  readonly target: string;
};

export type DownloadMeans = TransferMeans & { readonly conflict: 'fail' | 'overwrite' };

/**
 * Downloads whole trees, several files at a time, with the times they have on the server. Files that are here already
 * with the same content are left alone. A file that fails does not stop the others.
 */
export async function downloadTrees(
  downloads: readonly TreeDownload[],
  means: DownloadMeans,
  report: TransferReport,
): Promise<void> {
  const fail = (path: string, thrown: unknown): void => recordFailure(report, path, thrown);

  const planned: { entry: FileEntry; localPath: string }[] = [];
  for (const { root, target } of downloads) {
    planned.push({ entry: root, localPath: target });
    if (root.kind === 'file') continue;
    for (const entry of await readRemoteTree(means.api, root.path)) {
      const parts = partsBelow(root.path, entry.path);
      if (parts !== null) planned.push({ entry, localPath: join(target, ...parts) });
      else fail(entry.path, CommandError.local('ENTRY_UNSAFE', 'the name leaves the target folder'));
    }
  }

  const folders = planned.filter(({ entry }) => entry.kind === 'folder');
  const blocked = createBlockedFolders();
  for (const { localPath } of folders) {
    if (blocked.hold(localPath)) continue;
    try {
      if ((await mkdir(localPath, { recursive: true })) !== undefined) report.folders += 1;
    } catch (error) {
      blocked.add(localPath);
      fail(localPath, toLocalFileError(error, localPath));
    }
  }

  const files = planned.filter(({ entry }) => entry.kind === 'file');
  const meter = means.createMeter({
    bytes: files.reduce((sum, { entry }) => sum + entry.sizeBytes, 0),
    files: files.length,
  });
  await inParallel(files, means.parallel, async (file) => {
    if (blocked.hold(file.localPath)) return;
    try {
      if (await isPresent(file, means.conflict)) {
        meter.addBytes(file.entry.sizeBytes);
        report.unchanged += 1;
      } else {
        await downloadFile(file, {
          ...means,
          onBytes: (bytes) => {
            meter.addBytes(bytes);
            means.onProgress(meter);
          },
        });
        report.files += 1;
        report.bytes += file.entry.sizeBytes;
      }
      meter.addFile();
    } catch (error) {
      fail(file.localPath, error);
    }
    means.onProgress(meter);
  });

  for (const { entry, localPath } of folders.reverse()) {
    const modifiedAt = new Date(entry.modifiedAtMs);
    // A folder that could not be made was reported above.
    await utimes(localPath, modifiedAt, modifiedAt).catch(() => undefined);
  }
}

/** True when the same content is there. Other content is an error unless it may be overwritten. */
async function isPresent(
  file: { entry: FileEntry; localPath: string },
  conflict: DownloadMeans['conflict'],
): Promise<boolean> {
  const { entry, localPath } = file;
  const found = await stat(localPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw toLocalFileError(error, localPath);
  });
  if (found === null) return false;
  if (found.isDirectory()) throw CommandError.local('LOCAL_EXISTS', `${localPath} is a folder here`);
  const local = { localPath, sizeBytes: found.size, modifiedAtMs: Math.floor(found.mtimeMs) };
  if (await sameContent(local, entry, { trustTime: false })) return true;
  if (conflict === 'overwrite') return false;
  throw CommandError.local('LOCAL_EXISTS', `${localPath} exists with other content`);
}

/** The names between a folder and what is in it; null when one of them is no plain name on this machine. */
export function partsBelow(folder: string, path: string): string[] | null {
  const prefix = folder === '/' ? '/' : `${folder}/`;
  if (!path.startsWith(prefix)) return null;
  const parts = path.slice(prefix.length).split('/');
  const plain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));
  return plain ? parts : null;
}
