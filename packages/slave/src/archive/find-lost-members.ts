import type { AppError } from '@longshore/protocol';
import { checkSource } from './check-source.ts';
import { lostOrThrow, readTwice } from './lost-member.ts';
import type { ArchiveMember } from './ports.ts';
import { smallMemberBytes } from './read-ahead.ts';

/**
 * Reads the large files among the members from end to end, and resolves with those that are lost by their paths. Small ones
 * are read whole before their header is written, so they need not be known before. `onRead` is told the bytes of each.
 */
export async function findLostMembers(
  members: AsyncIterable<ArchiveMember>,
  { signal, onRead }: { signal: AbortSignal; onRead: (bytes: number) => void },
): Promise<ReadonlyMap<string, AppError>> {
  const lost = new Map<string, AppError>();
  for await (const member of members) {
    if (member.kind === 'folder' || member.source.sizeBytes <= smallMemberBytes) continue;
    const { path, source } = member;
    try {
      await readTwice(() => checkSource(source, signal));
      onRead(source.sizeBytes);
    } catch (error) {
      signal.throwIfAborted();
      lost.set(path, lostOrThrow(path, error));
    }
  }
  return lost;
}
