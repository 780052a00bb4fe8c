import { AppError } from '@longshore/protocol';
import type { CreateRequest } from './archive-format.ts';
import type { MemberMeter } from './create-meter.ts';
import { lostOrThrow, memberError, readTwice } from './lost-member.ts';
import { openRange } from './open-range.ts';
import type { ArchiveMember, ByteSource } from './ports.ts';
import { readRange } from './read-range.ts';
import type { Segment } from './threads/segment.ts';

/** A member and, when it is a small file from elsewhere, its bytes. */
export type PreparedMember = { readonly member: ArchiveMember; readonly content: Buffer | null };

export const smallMemberBytes = 1024 * 1024;
const aheadFiles = 16;
const aheadBytes = 8 * 1024 * 1024;

export const isSmallMember = (member: ArchiveMember): member is ArchiveMember & { readonly kind: 'file' } =>
  member.kind === 'file' && member.source.sizeBytes <= smallMemberBytes;

/**
 * Members in their order, with the small ones that are not on this machine already fetched, several at a time:
 * otherwise each would cost a way there and back. Those that cannot be read are given to `onLost` and left out.
 */
export async function* readAhead({
  members,
  signal,
  meter,
  onLost,
}: Pick<CreateRequest, 'members' | 'signal' | 'meter' | 'onLost'>): AsyncGenerator<PreparedMember, void> {
  type Ahead = { member: ArchiveMember; bytes: number; content: Promise<Buffer | AppError | null> };
  const ahead: Ahead[] = [];
  let bytesAhead = 0;
  async function* take(next: Ahead): AsyncGenerator<PreparedMember, void> {
    const content = await next.content;
    if (content instanceof AppError) onLost(next.member, content);
    else yield { member: next.member, content };
  }
  for await (const member of members) {
    signal.throwIfAborted();
    const isFetched = isSmallMember(member) && member.source.localPath === null;
    if (!isFetched && ahead.length === 0) {
      yield { member, content: null };
      continue;
    }
    const bytes = isFetched ? member.source.sizeBytes : 0;
    const content = isFetched
      ? fetchMember(member, { signal, reading: meter.member() })
      : Promise.resolve(null);
    content.catch(() => undefined);
    ahead.push({ member, bytes, content });
    bytesAhead += bytes;
    while (ahead.length > aheadFiles || bytesAhead > aheadBytes) {
      const next = ahead.shift();
      if (next === undefined) break;
      bytesAhead -= next.bytes;
      yield* take(next);
    }
  }
  for (const next of ahead) yield* take(next);
}

async function fetchMember(
  { path, source }: { path: string; source: ByteSource },
  { signal, reading }: { signal: AbortSignal; reading: MemberMeter },
): Promise<Buffer | AppError> {
  try {
    return await readTwice(() => {
      reading.takeBack();
      return readRange(source, { start: 0, end: source.sizeBytes }, signal, reading.read);
    });
  } catch (error) {
    reading.takeBack();
    signal.throwIfAborted();
    return lostOrThrow(path, error);
  }
}

/**
 * The content of a file as segments; bytes from elsewhere are read and counted here, those of this machine are read on
 * the threads.
 */
export async function* memberSegments(
  { path, source }: { path: string; source: ByteSource },
  { signal, reading }: { signal: AbortSignal; reading: MemberMeter },
): AsyncGenerator<Segment, void> {
  const { sizeBytes, localPath, sha256 } = source;
  if (localPath !== null) {
    source.noteRead?.(sizeBytes);
    yield { path: localPath, start: 0, end: sizeBytes, fileBytes: sizeBytes, sha256, name: path };
    return;
  }
  let done = 0;
  try {
    for await (const bytes of openRange(
      source,
      { start: 0, end: sizeBytes },
      signal,
    ) as AsyncIterable<Buffer>) {
      done += bytes.length;
      if (done > sizeBytes) break;
      reading.read(bytes.length);
      yield { bytes };
    }
  } catch (error) {
    signal.throwIfAborted();
    throw memberError(path, error);
  }
  if (done !== sizeBytes)
    throw memberError(path, new AppError('SOURCE_CHANGED', `it does not have the ${sizeBytes} bytes it had`));
}
