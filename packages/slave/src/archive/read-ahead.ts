import { AppError } from '@longshore/protocol';
import { openRange } from './open-range.ts';
import type { ArchiveMember, ByteSource } from './ports.ts';
import { readRange } from './read-range.ts';
import type { Segment } from './threads/segment.ts';

/** A member and, when it is a small file from elsewhere, its bytes. */
export type PreparedMember = { readonly member: ArchiveMember; readonly content: Buffer | null };

export const smallMemberBytes = 1024 * 1024;
const aheadFiles = 16;
const aheadBytes = 8 * 1024 * 1024;

/**
 * Members in their order, with the small ones that are not on this machine already fetched, several at a time:
 * otherwise each would cost a way there and back. Throws `SOURCE_CHANGED` naming the member that failed.
 */
export async function* readAhead(
  members: AsyncIterable<ArchiveMember>,
  signal: AbortSignal,
): AsyncGenerator<PreparedMember, void> {
  const ahead: { member: ArchiveMember; bytes: number; content: Promise<Buffer | null> }[] = [];
  let bytesAhead = 0;
  for await (const member of members) {
    signal.throwIfAborted();
    const isFetched =
      member.kind === 'file' &&
      member.source.localPath === null &&
      member.source.sizeBytes <= smallMemberBytes;
    const bytes = isFetched ? member.source.sizeBytes : 0;
    const content = isFetched ? fetchMember(member.path, member.source, signal) : Promise.resolve(null);
    content.catch(() => undefined);
    ahead.push({ member, bytes, content });
    bytesAhead += bytes;
    while (ahead.length > aheadFiles || bytesAhead > aheadBytes) {
      const next = ahead.shift();
      if (next === undefined) break;
      bytesAhead -= next.bytes;
      yield { member: next.member, content: await next.content };
    }
  }
  for (const { member, content } of ahead) yield { member, content: await content };
}

async function fetchMember(path: string, source: ByteSource, signal: AbortSignal): Promise<Buffer> {
  try {
    return await readRange(source, { start: 0, end: source.sizeBytes }, signal);
  } catch (error) {
    throw memberError(path, error);
  }
}

/** The content of a member as segments; bytes from elsewhere are read here, those of this machine on the threads. */
export async function* memberSegments(
  { path, source }: { path: string; source: ByteSource },
  content: Buffer | null,
  signal: AbortSignal,
): AsyncGenerator<Segment, void> {
  const { sizeBytes, localPath } = source;
  if (content !== null) {
    yield { bytes: content };
  } else if (localPath !== null) {
    yield { path: localPath, start: 0, end: sizeBytes, fileBytes: sizeBytes, name: path };
  } else {
    let done = 0;
    try {
      for await (const bytes of openRange(
        source,
        { start: 0, end: sizeBytes },
        signal,
      ) as AsyncIterable<Buffer>) {
        done += bytes.length;
        if (done > sizeBytes) break;
        yield { bytes };
      }
    } catch (error) {
      throw memberError(path, error);
    }
    if (done !== sizeBytes)
      throw new AppError('SOURCE_CHANGED', `"${path}" does not have the ${sizeBytes} bytes it had`);
  }
}

/** A failure to read a member, with the member's name in it. */
export function memberError(path: string, error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  return new AppError(error.code, `"${path}": ${error.message}`, {
    cause: error,
    details: { ...error.details, entry: path },
  });
}
