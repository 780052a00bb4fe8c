import { Readable } from 'node:stream';
import type { AppError, BlobAccess, Progress, RejectedEntry, StoredBlob } from '@longshore/protocol';
import { attemptPurpose } from '@longshore/protocol/server';
import { createArchive } from '../archive/create-archive.ts';
import { findLostMembers } from '../archive/find-lost-members.ts';
import { isLost } from '../archive/lost-member.ts';
import type { ArchiveMember, ByteSource } from '../archive/ports.ts';
import { fetchSources, type SourceTotals } from '../transfer/fetch-sources.ts';
import type { OpenBlob } from '../transfer/open-blob.ts';
import type { Execution, Executor } from './executor.ts';
import type { ExecutorDependencies } from './executor-dependencies.ts';
import { reportArchive, storeArchive } from './store-archive.ts';

const rejectedPerReport = 500;

/** Streams members → archive → store: the archive is being stored while it is made, without a temporary copy. */
export function createArchiveExecutor(dependencies: ExecutorDependencies): Executor<'create-archive'> {
  const { threads, openBlob } = dependencies;
  return async (work, execution) => {
    const { attempt, link, signal, log } = execution;
    const progress: Progress = {
      phase: 'working',
      bytesDone: 0,
      bytesTotal: null,
      entriesDone: 0,
      entriesTotal: null,
    };
    // The archive was stored and reported, and the slave ended before it could say so.
    if ((await execution.storedOutputs()).has(0)) {
      log.info({}, 'the archive was stored by an earlier try');
      return { progress: { ...progress, phase: 'done' } };
    }

    const sources = (onMember: (member: ArchiveMember, index: number) => void = () => undefined) =>
      archiveMembers(execution, {
        openBlob,
        firstIndex: work.sourceRange?.from ?? 0,
        onMember,
        onTotals: (known) => {
          progress.bytesTotal = known.totalBytes;
          progress.entriesTotal = known.totalEntries;
          execution.progress({ ...progress });
          log.info({ entries: known.totalEntries, bytes: known.totalBytes }, 'sources listed');
        },
      });

    const make = async (
      lostBefore: ReadonlyMap<string, AppError>,
    ): Promise<{ stored: StoredBlob; lost: RejectedEntry[] }> => {
      const lost: RejectedEntry[] = [];
      const indices = new WeakMap<ArchiveMember, number>();
      const members = sources((member, index) => indices.set(member, index));
      const stored = await storeArchive(dependencies, execution, (sink) =>
        createArchive({
          format: work.format,
          level: work.level,
          password: link.openPassword(work.password, attemptPurpose(attempt)),
          members,
          sink,
          threads,
          tempSpace: execution.tempSpace,
          onProgress: ({ phase, bytesDone, entriesDone }) => {
            progress.phase = phase;
            progress.bytesDone = bytesDone;
            progress.entriesDone = entriesDone + lost.length;
            execution.progress({ ...progress });
          },
          onLost: (member, { code, message }) => {
            const name = cut(member.path);
            lost.push({ index: indices.get(member) ?? 0, name, code, message: cut(message) });
            log.warn({ path: name, code }, 'a source cannot be read and is left out');
          },
          lostBefore,
          isPiece: work.sourceRange !== undefined,
          signal,
        }),
      );
      return { stored, lost };
    };

    const { stored, lost } = await make(new Map()).catch(async (error: unknown) => {
      signal.throwIfAborted();
      if (!isLost(error)) throw error;
      log.warn(
        { code: error.code },
        'a source broke off in the archive: begun again without those that cannot be read',
      );
      Object.assign(progress, { phase: 'reading', bytesDone: 0, entriesDone: 0 });
      const onRead = (bytes: number): void => {
        progress.bytesDone += bytes;
        execution.progress({ ...progress });
      };
      return await make(await findLostMembers(sources(), { signal, onRead }));
    });
    log.info({ format: work.format, sizeBytes: stored.sizeBytes, sha256: stored.sha256 }, 'archive stored');
    // Before the archive: from its report on nothing more is done for this part.
    for (let at = 0; at < lost.length; at += rejectedPerReport)
      await execution.report({ type: 'rejected', entries: lost.slice(at, at + rejectedPerReport) });
    await reportArchive(dependencies, execution, stored);
    return { progress: { ...progress, phase: 'done' } };
  };
}

async function* archiveMembers(
  execution: Execution,
  options: {
    openBlob: OpenBlob;
    firstIndex: number;
    onMember: (member: ArchiveMember, index: number) => void;
    onTotals: (totals: SourceTotals) => void;
  },
): AsyncGenerator<ArchiveMember> {
  const { attempt, link, signal, meter } = execution;
  const { openBlob, onMember, onTotals } = options;
  let index = options.firstIndex;
  for await (const { source, renew } of fetchSources({ link, attempt, signal, onTotals })) {
    const member: ArchiveMember =
      source.kind === 'folder'
        ? source
        : {
            kind: 'file',
            path: source.path,
            modifiedAtMs: source.modifiedAtMs,
            mode: source.mode,
            source: await openBlob({ access: source.access, link, renew, meter }).catch((error: unknown) =>
              missingSource(source.access, error),
            ),
          };
    onMember(member, index);
    index += 1;
    yield member;
  }
}

/** A blob that cannot even be opened fails when it is read, like one that is lost later. */
function missingSource({ sizeBytes, sha256 }: BlobAccess, error: unknown): ByteSource {
  if (!isLost(error)) throw error;
  const open = () =>
    new Readable({
      read() {
        this.destroy(error);
      },
    });
  return { sizeBytes, sha256, localPath: null, open };
}

const cut = (text: string): string => text.slice(0, 1024).toWellFormed();
