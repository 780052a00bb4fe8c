import type { CreateRequest } from '../../archive-format.ts';
import { createArchiveOutput } from '../../archive-output.ts';
import { createOrderedLane } from '../../ordered-lane.ts';
import type { ArchiveMember } from '../../ports.ts';
import { type PreparedMember, readAhead, smallMemberBytes } from '../../read-ahead.ts';
import type { SmallMember } from './encode-zip-entries.ts';
import { writeLargeMember } from './write-large-member.ts';
import { directoryRecord, endRecords, type WrittenEntry } from './write-zip-records.ts';

/** Small files go to the threads in groups of about this size: starting a compressor for each would cost most. */
const groupBytes = 512 * 1024;
const groupMembers = 256;

/**
 * Makes a zip as a stream: groups of small files and blocks of large ones are compressed on the threads side by
 * side and written in order; the directory follows at the end.
 */
export async function createZip(request: CreateRequest): Promise<void> {
  const { threads, signal, level, password, onProgress } = request;
  const output = createArchiveOutput(request.sink, signal);
  const share = threads.share();
  const lane = createOrderedLane(threads.size * 2 + 2);
  const records: Buffer[] = [];
  let bytesDone = 0;

  const noteEntry = (entry: WrittenEntry) => {
    records.push(directoryRecord(entry));
    bytesDone += entry.sizeBytes;
    onProgress({ bytesDone, entriesDone: records.length });
  };

  let group: SmallMember[] = [];
  let groupedBytes = 0;
  const sendGroup = async () => {
    if (group.length === 0) return;
    const members = group;
    group = [];
    groupedBytes = 0;
    await lane.push(
      () => share.run('encodeZipEntries', { members, level, password }, { signal }),
      async ({ bytes, entries }) => {
        const start = output.position;
        for (const entry of entries) noteEntry({ ...entry, headerOffset: start + entry.headerOffset });
        await output.write(bytes);
      },
    );
  };

  for await (const { member, content } of readAhead(request.members, signal)) {
    if (member.kind === 'file' && member.source.sizeBytes > smallMemberBytes) {
      await sendGroup();
      await writeLargeMember(member, { signal, level, password, lane, share, output, noteEntry });
      continue;
    }
    group.push(smallMember(member, content));
    groupedBytes += member.kind === 'file' ? member.source.sizeBytes : 0;
    if (groupedBytes >= groupBytes || group.length >= groupMembers) await sendGroup();
  }
  await sendGroup();
  await lane.drain();

  const start = output.position;
  for (let at = 0; at < records.length; at += 1024)
    await output.write(Buffer.concat(records.slice(at, at + 1024)));
  await output.write(endRecords({ start, bytes: output.position - start, entries: records.length }));
  output.end();
}

function smallMember(member: ArchiveMember, fetched: PreparedMember['content']): SmallMember {
  const { path, mode, modifiedAtMs } = member;
  if (member.kind === 'folder')
    return { name: `${path}/`, isFolder: true, mode, modifiedAtMs, content: null };
  const { sizeBytes, localPath } = member.source;
  const content =
    fetched !== null
      ? { bytes: fetched }
      : localPath !== null
        ? { path: localPath, start: 0, end: sizeBytes, fileBytes: sizeBytes, name: path }
        : null;
  return { name: path, isFolder: false, mode, modifiedAtMs, content };
}
