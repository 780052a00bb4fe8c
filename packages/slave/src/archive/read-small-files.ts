import { AppError } from '@longshore/protocol';
import type { CreateRequest } from './archive-format.ts';
import { isSmallMember, type PreparedMember } from './read-ahead.ts';
import type { ThreadShare } from './threads/archive-threads.ts';
import type { FilePart } from './threads/segment.ts';

const groupBytes = 512 * 1024;
const groupMembers = 256;
const groupsAhead = 2;

/**
 * The same members, with the small files of this machine read whole and checked on the threads: for archives in which
 * a header that was written cannot be taken back. Those that cannot be read are given to `onLost` and left out.
 */
export async function* readSmallFiles(
  members: AsyncIterable<PreparedMember>,
  context: { share: ThreadShare } & Pick<CreateRequest, 'signal' | 'meter' | 'onLost'>,
): AsyncGenerator<PreparedMember, void> {
  const underWay: Promise<readonly PreparedMember[]>[] = [];
  for await (const group of groupMembersOf(members)) {
    const reading = readGroup(group, context);
    // Awaited below; when the consumer stops early nobody does.
    reading.catch(() => undefined);
    underWay.push(reading);
    if (underWay.length > groupsAhead) yield* (await underWay.shift()) ?? [];
  }
  for (const reading of underWay) yield* await reading;
}

async function* groupMembersOf(
  members: AsyncIterable<PreparedMember>,
): AsyncGenerator<readonly PreparedMember[], void> {
  let group: PreparedMember[] = [];
  let bytes = 0;
  for await (const prepared of members) {
    group.push(prepared);
    const isSmall = isSmallMember(prepared.member);
    if (isSmall) bytes += prepared.member.source.sizeBytes;
    const isFull = bytes >= groupBytes || group.length >= groupMembers;
    if (!isFull && (isSmall || prepared.member.kind === 'folder')) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

async function readGroup(
  group: readonly PreparedMember[],
  {
    share,
    signal,
    meter,
    onLost,
  }: { share: ThreadShare } & Pick<CreateRequest, 'signal' | 'meter' | 'onLost'>,
): Promise<readonly PreparedMember[]> {
  const files: FilePart[] = [];
  const positions = new Map<PreparedMember, number>();
  for (const prepared of group) {
    const { member } = prepared;
    if (!isSmallMember(member) || member.source.localPath === null) continue;
    const { localPath: path, sizeBytes, sha256, noteRead } = member.source;
    noteRead?.(sizeBytes);
    positions.set(prepared, files.length);
    files.push({ path, start: 0, end: sizeBytes, fileBytes: sizeBytes, sha256, name: member.path });
  }
  if (files.length === 0) return group;
  const { content, lost } = await share.run('readFiles', { files }, { signal });
  const failures = new Map(lost.map((one) => [one.position, one]));
  let at = 0;
  return group.flatMap((prepared) => {
    const position = positions.get(prepared);
    if (position === undefined) return [prepared];
    const { member } = prepared;
    const failure = failures.get(position);
    if (failure !== undefined) {
      onLost(member, new AppError(failure.code, failure.message, { details: { entry: member.path } }));
      return [];
    }
    const start = at;
    at += files[position]?.fileBytes ?? 0;
    meter.read(at - start);
    return [{ member, content: Buffer.from(content.buffer, content.byteOffset + start, at - start) }];
  });
}
