import { checkSource } from '../../check-source.ts';
import type { MemberMeter } from '../../create-meter.ts';
import { memberError } from '../../lost-member.ts';
import type { ArchiveMember } from '../../ports.ts';
import { memberSegments } from '../../read-ahead.ts';
import type { Segment } from '../../threads/segment.ts';

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
