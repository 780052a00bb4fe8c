import type { CreateRequest } from '../../archive-format.ts';
import { checkSource } from '../../check-source.ts';
import type { MemberMeter } from '../../create-meter.ts';
import { lostOrThrow, memberError, readTwice } from '../../lost-member.ts';
import type { ArchiveMember } from '../../ports.ts';
import { memberSegments } from '../../read-ahead.ts';
import type { Segment } from '../../threads/segment.ts';

/** Reads a member from end to end; one that is lost is given to `onLost`. */
export async function isReadable(
  member: ArchiveMember & { kind: 'file' },
  { signal, onLost }: CreateRequest,
): Promise<boolean> {
  try {
    await readTwice(() => checkSource(member.source, signal));
    return true;
  } catch (error) {
    signal.throwIfAborted();
    onLost(member, lostOrThrow(member.path, error));
    return false;
  }
}

/** The content of a large file. Throws when the file turns out to be lost: by then its header has been written. */
export async function* largeMember(
  member: ArchiveMember & { kind: 'file' },
  context: { signal: AbortSignal; reading: MemberMeter },
): AsyncGenerator<Segment, void> {
  const { source, path } = member;
  const { signal } = context;
  if (source.localPath === null) return yield* memberSegments(member, context);
  // Blocks of a file are read on several threads, so it is checked beside.
  const checked = checkSource(source, signal);
  checked.catch(() => undefined);
  try {
    yield* memberSegments(member, context);
    await checked;
  } catch (error) {
    signal.throwIfAborted();
    throw memberError(path, error);
  }
}
