import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { AppError } from '@longshore/protocol';
import type { ArchiveFormat, CreateProgress } from './archive-format.ts';
import { createMeter } from './create-meter.ts';
import { type FormatId, formats } from './formats.ts';
import type { ArchiveMember, TempSpace } from './ports.ts';
import type { ArchiveThreads } from './threads/archive-threads.ts';

export type CompressionLevel = 'fast' | 'normal' | 'best' | number;

export type CreateArchiveRequest = {
  readonly format: FormatId;
  readonly level: CompressionLevel;
  /** In the order in which they shall stand in the archive; the same members make the same bytes. */
  readonly members: AsyncIterable<ArchiveMember>;
  readonly password?: string | null;
  /** Gets the archive while it is made, and is ended. Destroyed when the making fails. */
  readonly sink: Writable;
  readonly threads: ArchiveThreads;
  readonly tempSpace: TempSpace;
  readonly onProgress: (progress: CreateProgress) => void;
  /** Called once for every member that is left out because it cannot be read whole any more. */
  readonly onLost: (member: ArchiveMember, error: AppError) => void;
  /** It is joined with others: that none of its files could be read is for the whole to judge. */
  readonly isPiece?: boolean;
  /** Of these it is known that they are lost, by their paths: they are left out and given to `onLost` as well. */
  readonly lostBefore?: ReadonlyMap<string, AppError>;
  readonly signal: AbortSignal;
};

const levels = { fast: 1, normal: 6, best: 9 } as const;

/**
 * Makes an archive. Resolves when the sink has taken all of it. A member that cannot be read whole is left out and
 * given to `onLost`: there is no archive with a shortened member. Where its header has been sent already and cannot be
 * taken back, the failure is thrown, which `isLost` recognises; the caller begins again with what `findLostMembers` finds.
 * An archive of which no file could be read fails with what was wrong with the first. Throws `BAD_REQUEST` for a format that is
 * only read, or a password the format has no encryption for, and `PATH_INVALID` for a member whose path an extraction
 * would refuse or that comes twice.
 */
export async function createArchive(request: CreateArchiveRequest): Promise<void> {
  const { sink } = request;
  const format: ArchiveFormat = formats[request.format];
  if (format.create === undefined)
    throw new AppError('BAD_REQUEST', `${request.format} archives can only be read`);
  const password = request.password ?? null;
  if (password !== null && format.encrypts !== true) {
    throw new AppError('BAD_REQUEST', `a ${request.format} archive cannot be encrypted; use zip or 7z`);
  }
  let files = 0;
  let filesLost = 0;
  let firstLost: AppError | null = null;
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const onLost = (member: ArchiveMember, error: AppError): void => {
    filesLost += 1;
    firstLost ??= error;
    request.onLost(member, error);
  };
  const sinkDone = finished(sink, { readable: false });
  sinkDone.catch(() => undefined);
  try {
    await format.create({
      members: checkedMembers(request.members, (member) => {
        if (member.kind === 'file') files += 1;
        const lost = request.lostBefore?.get(member.path);
        if (lost !== undefined) onLost(member, lost);
        return lost === undefined;
      }),
      level: levelNumber(request.level),
      password,
      sink,
      threads: request.threads,
      tempSpace: request.tempSpace,
      meter: createMeter(request.onProgress),
      onLost,
      beforeEnd: () => {
        if (firstLost !== null && filesLost === files && request.isPiece !== true) throw firstLost;
      },
      signal,
    });
    await sinkDone;
  } catch (error) {
    sink.destroy();
    request.signal.throwIfAborted();
    throw error;
  } finally {
    stop.abort('user');
  }
}

function levelNumber(level: CompressionLevel): number {
  const number = typeof level === 'number' ? level : levels[level];
  if (!Number.isInteger(number) || number < 0 || number > 9) {
    throw new AppError('BAD_REQUEST', `the compression level is 0 (store) to 9, not ${level}`);
  }
  return number;
}

async function* checkedMembers(
  members: AsyncIterable<ArchiveMember>,
  isTaken: (member: ArchiveMember) => boolean,
): AsyncGenerator<ArchiveMember> {
  const seen = new Set<string>();
  for await (const member of members) {
    const { path } = member;
    const bad =
      path === '' || path.startsWith('/') || path.includes('\0') || /(^|\/)(\.{0,2})(\/|$)/.test(path);
    if (bad) throw new AppError('PATH_INVALID', `member "${path}" has no plain relative path`);
    if (seen.has(path)) throw new AppError('PATH_INVALID', `member "${path}" comes twice`);
    seen.add(path);
    if (isTaken(member)) yield member;
  }
}
