import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What a tree holds, to compare two of them: kind, size, digest and modification time in seconds, by path. */
export type TreeListing = Record<string, string>;

const odd = [
  'föö bär.txt',
  '日本語.txt',
  'emoji-🚢.txt',
  'with space',
  'quote\'and"double',
  'ÄÖÜ/ß/ñ.md',
  '-dash',
];

/** A photo collection as people have them: many small files, odd names, empty ones, and one large file. */
export async function makeTree(
  folder: string,
  options: { files: number; largeBytes: number },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await mkdir(join(folder, 'empty folder', 'nested'), { recursive: true });
  await writeFile(join(folder, 'empty.txt'), '');
  for (const name of odd) {
    const path = join(folder, 'odd names', name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, `content of ${name}\n`);
  }
  for (let index = 0; index < options.files; index += 1) {
    const path = join(folder, `album-${index % 20}`, `day ${index % 7}`, `IMG_${index}.jpg`);
    if (index < 140) await mkdir(join(path, '..'), { recursive: true });
    const size = 200 + ((index * 7919) % 9000);
    await writeFile(path, index % 2 === 0 ? randomBytes(size) : `line ${index}\n`.repeat(size / 8));
    await utimes(path, 1_600_000_000 + index, 1_600_000_000 + index * 60);
  }
  if (options.largeBytes > 0) await makeLargeFile(join(folder, 'video.mp4'), options.largeBytes);
}

async function makeLargeFile(path: string, bytes: number): Promise<void> {
  const block = randomBytes(1 << 20);
  const blocks = function* () {
    for (let left = bytes; left > 0; left -= block.length) {
      block.writeUInt32LE(left >>> 0, 0);
      yield Buffer.from(block.subarray(0, Math.min(left, block.length)));
    }
  };
  await pipeline(Readable.from(blocks()), createWriteStream(path));
}

/** Lists a tree for comparison. Folders count, with a "/" at the end. */
export async function listTree(folder: string): Promise<TreeListing> {
  const listing: TreeListing = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (entry.isDirectory()) listing[`${name}/`] = 'folder';
    else {
      const { size, mtimeMs } = await stat(path);
      listing[name] = `${size} ${await digest(path)} ${Math.floor(mtimeMs / 2000)}`;
    }
  }
  return listing;
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
