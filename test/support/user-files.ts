import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FileEntry } from '@longshore/protocol';
import type { Api } from './api.ts';
import { tempFolder } from './programs.ts';

const run = promisify(execFile);

/** What a tree holds: "folder", or size and SHA-256, by path below its top. */
export type Contents = Record<string, string>;

export const describeBytes = (bytes: Uint8Array): string =>
  `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;

export async function contentsOfFolder(folder: string): Promise<Contents> {
  const contents: Contents = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    contents[name] = entry.isDirectory() ? 'folder' : describeBytes(await readFile(path));
  }
  return contents;
}

/** As the master has them: every size and digest was computed from the bytes it received. */
export async function contentsOf(user: Api, folder: string): Promise<Contents> {
  const contents: Contents = {};
  const walk = async (path: string): Promise<void> => {
    const { entries } = await user.call<{ entries: FileEntry[] }>(
      'GET',
      `/api/v1/files?path=${encodeURIComponent(path)}`,
    );
    for (const entry of entries) {
      contents[entry.path.slice(folder.length + 1)] =
        entry.kind === 'folder' ? 'folder' : `${entry.sizeBytes} ${entry.sha256}`;
      if (entry.kind === 'folder') await walk(entry.path);
    }
  };
  await walk(folder);
  return contents;
}

/** What another program finds in an archive that the master has. */
export async function contentsOfArchive(user: Api, path: string): Promise<Contents> {
  const folder = await tempFolder('unpacked');
  const archive = join(folder, 'archive');
  const content = join(folder, 'content');
  await writeFile(archive, await user.get(path));
  await mkdir(content);
  await run('bsdtar', ['-xf', archive, '-C', content], { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  return contentsOfFolder(content);
}

/** Uploads a folder with everything in it, to be `into`. */
export async function putTree(user: Api, folder: string, into: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const toPath = (entry: (typeof entries)[number]): string =>
    into + join(entry.parentPath, entry.name).slice(folder.length);
  for (const entry of entries.filter((one) => one.isDirectory())) {
    await user.call('POST', '/api/v1/folders', { path: toPath(entry), parents: true });
  }
  const files = entries.filter((one) => one.isFile());
  const putNext = async (): Promise<void> => {
    for (let file = files.pop(); file !== undefined; file = files.pop()) {
      await user.put(toPath(file), await readFile(join(file.parentPath, file.name)));
    }
  };
  await Promise.all(Array.from({ length: 8 }, putNext));
}
