import { AppError } from '@longshore/protocol';
import { freeChunk } from '@longshore/runtime';
import { directoryRecord, endRecords, type WrittenEntry } from '@longshore/runtime/zip';
import type { CreateRequest } from '../../archive-format.ts';
import { createArchiveOutput } from '../../archive-output.ts';
import { createOrderedLane } from '../../ordered-lane.ts';
import type { ArchiveMember } from '../../ports.ts';
import { type PreparedMember, readAhead, smallMemberBytes } from '../../read-ahead.ts';
import type { LostFile } from '../../threads/read-files.ts';
import type { EncodeZipEntries, SmallMember } from './encode-zip-entries.ts';
import { writeLargeMember } from './write-large-member.ts';

/** Small files go to the threads in groups of about this size: starting a compressor for each would cost most. */
const groupBytes = 512 * 1024;
const groupMembers = 256;

/**
 * Makes a zip as a stream: groups of small files and blocks of large ones are compressed on the threads side by
 * side and written in order; the directory follows at the end.
 */
export async function createZip(request: CreateRequest): Promise<void> {
  const { threads, signal, level, password, meter, onLost } = request;
  const output = createArchiveOutput(request);
  const share = threads.share();
  const lane = createOrderedLane(threads.size * 2 + 2);
  /** Encoded at once: a million entries as objects would be half a gigabyte. */
  const directory: Buffer[] = [];
  let entriesDone = 0;

  const noteEntries = (entries: readonly WrittenEntry[]) => {
    directory.push(Buffer.concat(entries.map(directoryRecord)));
    entriesDone += entries.length;
    meter.entries(entries.length);
  };

  let group: PreparedMember[] = [];
  let groupedBytes = 0;
  const sendGroup = async () => {
    if (group.length === 0) return;
    const grouped = group;
    group = [];
    groupedBytes = 0;
    const work: EncodeZipEntries = { ...gather(grouped), level, password };
    const transfer = [work.literal.buffer as ArrayBuffer];
    await lane.push(
      () => share.run('encodeZipEntries', work, { signal, transfer }),
      async ({ bytes, entries, lost }) => {
        for (const { position, code, message } of lost) {
          const { member } = grouped[position] as PreparedMember;
          onLost(member, new AppError(code, message, { details: { entry: member.path } }));
        }
        meter.read(localBytesOf(grouped, lost));
        const start = output.position;
        noteEntries(entries.map((entry) => ({ ...entry, headerOffset: start + entry.headerOffset })));
        await output.write(bytes);
      },
    );
  };

  for await (const prepared of readAhead(request)) {
    const { member } = prepared;
    if (member.kind === 'file' && member.source.sizeBytes > smallMemberBytes) {
      await sendGroup();
      const noteEntry = (entry: WrittenEntry) => noteEntries([entry]);
      await writeLargeMember(member, { request, lane, share, output, noteEntry });
      continue;
    }
    group.push(prepared);
    groupedBytes += member.kind === 'file' ? member.source.sizeBytes : 0;
    if (groupedBytes >= groupBytes || group.length >= groupMembers) await sendGroup();
  }
  await sendGroup();
  await lane.drain();

  const start = output.position;
  for (const records of directory) await output.write(records);
  await output.write(endRecords({ start, bytes: output.position - start, entries: entriesDone }));
  output.end();
}

/** What the threads have read; the rest was counted when it came. */
function localBytesOf(group: readonly PreparedMember[], lost: readonly LostFile[]): number {
  const missing = new Set(lost.map(({ position }) => position));
  let bytes = 0;
  for (const [position, { member, content }] of group.entries()) {
    if (member.kind === 'file' && content === null && !missing.has(position))
      bytes += member.source.sizeBytes;
  }
  return bytes;
}

/** All contents that come along in one buffer, which is cheap to give away; their own are freed. */
function gather(group: readonly PreparedMember[]): Pick<EncodeZipEntries, 'literal' | 'members'> {
  const literal = new Uint8Array(group.reduce((sum, { content }) => sum + (content?.length ?? 0), 0));
  let at = 0;
  const members = group.map(({ member, content }) => {
    if (content === null) return smallMember(member, 0);
    literal.set(content, at);
    at += content.length;
    const { length } = content;
    freeChunk(content);
    return smallMember(member, length);
  });
  return { literal, members };
}

function smallMember(member: ArchiveMember, literalBytes: number): SmallMember {
  const { path, mode, modifiedAtMs } = member;
  if (member.kind === 'folder') return { name: `${path}/`, isFolder: true, mode, modifiedAtMs, content: 0 };
  const { sizeBytes, localPath, sha256, noteRead } = member.source;
  if (localPath !== null) noteRead?.(sizeBytes);
  const content =
    localPath === null
      ? literalBytes
      : { path: localPath, start: 0, end: sizeBytes, fileBytes: sizeBytes, sha256, name: path };
  return { name: path, isFolder: false, mode, modifiedAtMs, content };
}
