import { constants, createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, mkdir, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { AppError } from '@longshore/protocol';
import type { CreateRequest } from '../../archive-format.ts';
import { createArchiveOutput } from '../../archive-output.ts';
import { checkFile } from '../../check-source.ts';
import type { MemberMeter } from '../../create-meter.ts';
import { lostOrThrow, readTwice } from '../../lost-member.ts';
import { openRange } from '../../open-range.ts';
import type { ArchiveMember, ByteSource } from '../../ports.ts';
import { followProgress } from './follow-progress.ts';
import { startSevenZip } from './seven-zip-process.ts';

const chunkBytes = 1024 * 1024;

/**
 * Makes a 7z with 7-Zip. The format begins with the place of its end, so it cannot be streamed: the members are
 * laid out in temporary space with their names and times, and the archive is sent when it is done. With a password
 * the names are encrypted too.
 */
export async function createSevenZip(request: CreateRequest): Promise<void> {
  const { signal, tempSpace, level, password, threads, meter, onLost } = request;
  const members: ArchiveMember[] = [];
  for await (const member of request.members) members.push(member);
  const bytes = members.reduce(
    (sum, member) => sum + (member.kind === 'file' ? member.source.sizeBytes : 0),
    0,
  );
  // The worst case: nothing shrinks.
  const { folder, release } = await tempSpace.reserve(bytes * 2 + members.length * 512 + chunkBytes);
  try {
    const tree = join(folder, 'tree');
    await mkdir(tree);
    meter.begin('reading');
    let laidOutBytes = 0;
    let laidOutEntries = 0;
    for (const member of members) {
      signal.throwIfAborted();
      const lost = await layOut(member, join(tree, member.path), { signal, reading: meter.member() });
      if (lost !== null) {
        onLost(member, lost);
        continue;
      }
      meter.entries(1);
      laidOutEntries += 1;
      laidOutBytes += member.kind === 'file' ? member.source.sizeBytes : 0;
    }
    await setFolderAttributes(members, tree);
    const archive = join(folder, 'archive.7z');
    const options = ['-t7z', `-mx=${level}`, `-mmt=${threads.size}`, '-bsp1', '-bso0', '-snl-'];
    // "-p" without a value makes it ask, which it does on standard input, twice.
    const secret = password === null ? [] : ['-p', '-mhe=on'];
    const child = startSevenZip(['a', ...options, ...secret, '--', archive, '.'], {
      signal,
      maxCpuSeconds: threads.maxCpuSeconds,
      cwd: tree,
      password: password === null ? null : `${password}\n${password}`,
    });
    meter.begin('working');
    let bytesDone = 0;
    let entriesDone = 0;
    const note = (bytes: number, entries: number): void => {
      meter.read(bytes - bytesDone);
      meter.entries(entries - entriesDone);
      bytesDone = bytes;
      entriesDone = entries;
    };
    followProgress(child.stdout, ({ percent, files }) =>
      note(Math.floor((laidOutBytes * percent) / 100), Math.min(files, laidOutEntries)),
    );
    await child.done;
    note(laidOutBytes, laidOutEntries);
    const output = createArchiveOutput(request);
    for await (const chunk of createReadStream(archive, { highWaterMark: chunkBytes }))
      await output.write(chunk as Buffer);
    output.end();
  } finally {
    await release();
  }
}

/** Copies a member to its place, and says why where that is impossible for this member alone. */
async function layOut(
  member: ArchiveMember,
  path: string,
  { signal, reading }: { signal: AbortSignal; reading: MemberMeter },
): Promise<AppError | null> {
  await mkdir(member.kind === 'folder' ? path : dirname(path), { recursive: true });
  if (member.kind === 'folder') return null;
  const { source } = member;
  try {
    await readTwice(() => {
      reading.takeBack();
      return copyTo(path, source, { signal, reading });
    });
  } catch (error) {
    signal.throwIfAborted();
    const lost = lostOrThrow(member.path, error);
    reading.takeBack();
    await rm(path, { force: true });
    return lost;
  }
  // 7-Zip must be able to read it.
  await chmod(path, (member.mode & 0o777) | 0o400);
  await utimes(path, member.modifiedAtMs / 1000, member.modifiedAtMs / 1000);
  return null;
}

async function copyTo(
  path: string,
  source: ByteSource,
  { signal, reading }: { signal: AbortSignal; reading: MemberMeter },
): Promise<void> {
  const { localPath, sizeBytes } = source;
  if (localPath !== null) {
    source.noteRead?.(sizeBytes);
    await copyFile(localPath, path, constants.COPYFILE_FICLONE);
    await checkFile(path, source, signal);
    return reading.read(sizeBytes);
  }
  const content = openRange(source, { start: 0, end: sizeBytes }, signal);
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      reading.read(chunk.length);
      yield chunk;
    }
  }
  const file = createWriteStream(path);
  const closed = new Promise<void>((resolve) => void file.once('close', resolve));
  try {
    await pipeline(content, counted, file, { signal });
  } finally {
    // A pipeline that fails does not wait for the file: what is still being opened would come back after its removal.
    await closed;
  }
  await checkFile(path, { sizeBytes, sha256: null }, signal);
}

/**
 * Last, because making what is in a folder changes its time. A folder that is no member itself is as old as the
 * newest member in it, so that the same members make the same archive.
 */
async function setFolderAttributes(members: readonly ArchiveMember[], tree: string): Promise<void> {
  const times = new Map<string, number>();
  for (const { path, modifiedAtMs } of members) {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const folder = path.slice(0, slash);
      times.set(folder, Math.max(times.get(folder) ?? 0, modifiedAtMs));
    }
  }
  const folders = members.filter(({ kind }) => kind === 'folder');
  for (const { path, modifiedAtMs } of folders) times.set(path, modifiedAtMs);
  for (const [path, timeMs] of times) await utimes(join(tree, path), timeMs / 1000, timeMs / 1000);
  for (const { path, mode } of folders) await chmod(join(tree, path), (mode & 0o777) | 0o700);
}
