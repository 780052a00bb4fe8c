import { constants, createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, mkdir, open, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AppError } from '@longshore/protocol';
import { freeChunk } from '@longshore/runtime';
import type { CreateRequest } from '../../archive-format.ts';
import { createArchiveOutput } from '../../archive-output.ts';
import { checkFile } from '../../check-source.ts';
import type { MemberMeter } from '../../create-meter.ts';
import { lostOrThrow, readTwice } from '../../lost-member.ts';
import { openRange } from '../../open-range.ts';
import type { ArchiveMember, ByteSource } from '../../ports.ts';
import { type PreparedMember, readAhead } from '../../read-ahead.ts';
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
    const folders = new Set<string>();
    let laidOutBytes = 0;
    let laidOutEntries = 0;
    for await (const prepared of readAhead({ ...request, members: Readable.from(members) })) {
      signal.throwIfAborted();
      const { member } = prepared;
      const context = { folders, signal, reading: meter.member() };
      const lost = await layOut(prepared, join(tree, member.path), context);
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

/**
 * Brings a member to its place, and says why where that is impossible for this member alone. `folders` are those that are
 * there already.
 */
async function layOut(
  { member, content }: PreparedMember,
  path: string,
  { folders, signal, reading }: { folders: Set<string>; signal: AbortSignal; reading: MemberMeter },
): Promise<AppError | null> {
  const parent = member.kind === 'folder' ? path : dirname(path);
  if (!folders.has(parent)) await mkdir(parent, { recursive: true });
  folders.add(parent);
  if (member.kind === 'folder') return null;
  if (content !== null) {
    await writeSmall(path, content, member);
    return null;
  }
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
  await chmod(path, readableMode(member));
  await utimes(path, member.modifiedAtMs / 1000, member.modifiedAtMs / 1000);
  return null;
}

/** 7-Zip must be able to read it. */
const readableMode = ({ mode }: ArchiveMember): number => (mode & 0o777) | 0o400;

async function writeSmall(path: string, content: Buffer, member: ArchiveMember): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    freeChunk(content);
    await file.chmod(readableMode(member));
    await file.utimes(member.modifiedAtMs / 1000, member.modifiedAtMs / 1000);
  } finally {
    await file.close();
  }
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
