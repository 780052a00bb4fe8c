import { type ConflictPolicy, type FileEntry, files as filesApi } from '@longshore/protocol';
import type { Api } from '../api/api.ts';
import { createBlockedFolders } from './blocked-folders.ts';
import { inParallel } from './in-parallel.ts';
import { joinRemote } from './join-remote.ts';
import type { LocalFile, LocalTree } from './local-tree.ts';
import { recordFailure } from './record-failure.ts';
import { readRemoteTree } from './remote-tree.ts';
import { sameContent } from './same-content.ts';
import type { TransferMeans } from './transfer-means.ts';
import type { TransferReport } from './transfer-report.ts';
import { uploadFile } from './upload-file.ts';
import type { UploadRecords } from './upload-records.ts';

export type TreeUpload = {
  readonly tree: LocalTree;
  /** Full path that the root of the tree gets. */
  readonly target: string;
  /** What is at the target already. */
  readonly existing: FileEntry | null;
};

export type UploadMeans = TransferMeans & {
  readonly records: UploadRecords;
  readonly conflict: ConflictPolicy;
};

/**
 * Uploads whole trees: folders first, empty ones too, then the files, several at a time. What is there already with
 * the same content is not sent again, so an interrupted upload goes on when it is repeated. A file that fails does
 * not stop the others.
 */
export async function uploadTrees(
  uploads: readonly TreeUpload[],
  means: UploadMeans,
  report: TransferReport,
): Promise<void> {
  report.skipped.push(...uploads.flatMap(({ tree }) => tree.skipped));
  const stored = await readStored(means.api, uploads);
  const folders = uploads.flatMap(({ tree, target }) =>
    tree.folders.map(({ parts, modifiedAtMs }) => ({ path: joinRemote(target, ...parts), modifiedAtMs })),
  );
  const fail = (path: string, thrown: unknown): void => recordFailure(report, path, thrown);

  const blocked = createBlockedFolders();
  for (const level of byDepth(folders.filter(({ path }) => stored.get(path)?.kind !== 'folder'))) {
    await inParallel(level, means.parallel, async (folder) => {
      if (blocked.hold(folder.path)) return;
      try {
        await means.api.call(filesApi.createFolder, { body: { ...folder, parents: true } });
        report.folders += 1;
      } catch (error) {
        blocked.add(folder.path);
        fail(folder.path, error);
      }
    });
  }

  const files = uploads.flatMap(({ tree, target }) =>
    tree.files.map((file) => ({ ...file, remotePath: joinRemote(target, ...file.parts) })),
  );
  const meter = means.createMeter({
    bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    files: files.length,
  });
  await inParallel(files, means.parallel, async (file) => {
    if (blocked.hold(file.remotePath)) return;
    try {
      if (await isStored(file, stored.get(file.remotePath))) {
        meter.addBytes(file.sizeBytes);
        report.unchanged += 1;
      } else {
        const path = await uploadFile(file, {
          ...means,
          onBytes: (bytes) => {
            meter.addBytes(bytes);
            means.onProgress(meter);
          },
        });
        if (path !== file.remotePath) report.renamed.push({ from: file.remotePath, to: path });
        report.files += 1;
        report.bytes += file.sizeBytes;
      }
      meter.addFile();
    } catch (error) {
      fail(file.localPath, error);
    }
    means.onProgress(meter);
  });
}

const isStored = async (file: LocalFile, entry: FileEntry | undefined): Promise<boolean> =>
  entry !== undefined && (await sameContent(file, entry, { trustTime: true }));

async function readStored(api: Api, uploads: readonly TreeUpload[]): Promise<Map<string, FileEntry>> {
  const stored = new Map<string, FileEntry>();
  for (const { existing, tree } of uploads) {
    if (existing === null) continue;
    stored.set(existing.path, existing);
    if (existing.kind !== 'folder' || tree.kind !== 'folder') continue;
    for (const entry of await readRemoteTree(api, existing.path)) stored.set(entry.path, entry);
  }
  return stored;
}

type Folder = { readonly path: string; readonly modifiedAtMs: number };

function byDepth(folders: readonly Folder[]): Folder[][] {
  const levels: Folder[][] = [];
  for (const folder of folders) {
    const depth = folder.path.split('/').length;
    const level = levels[depth] ?? [];
    level.push(folder);
    levels[depth] = level;
  }
  return levels.filter((level) => level !== undefined);
}
