import { Readable, type Transform } from 'node:stream';
import type { BlobAccess, Progress, RejectedEntry, StoredBlob } from '@longshore/protocol';
import { attemptPurpose } from '@longshore/protocol/server';
import { createArchive } from '../archive/create-archive.ts';
import { isLost } from '../archive/lost-member.ts';
import type { ArchiveMember, ByteSource } from '../archive/ports.ts';
import { fetchSources, type SourceTotals } from '../transfer/fetch-sources.ts';
import type { OpenBlob } from '../transfer/open-blob.ts';
import type { Execution, Executor } from './executor.ts';
import type { ExecutorDependencies } from './executor-dependencies.ts';
import { limitedBytes } from './limited-bytes.ts';

const rejectedPerReport = 500;

/** Streams members → archive → store: the archive is being stored while it is made, without a temporary copy. */
export function createArchiveExecutor(dependencies: ExecutorDependencies): Executor<'create-archive'> {
  const { threads, openBlob, openSink, clock } = dependencies;
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

    const make = async (checksFirst: boolean): Promise<{ stored: StoredBlob; lost: RejectedEntry[] }> => {
      const lost: RejectedEntry[] = [];
      const indices = new WeakMap<ArchiveMember, number>();
      const members = archiveMembers(execution, {
        openBlob,
        onMember: (member, index) => indices.set(member, index),
        onTotals: (known) => {
          progress.bytesTotal = known.totalBytes;
          progress.entriesTotal = known.totalEntries;
          execution.progress({ ...progress });
          log.info({ entries: known.totalEntries, bytes: known.totalBytes }, 'sources listed');
        },
      });
      const archive = limitedBytes(attempt.limits.maxOutputBytes);
      const making = createArchive({
        format: work.format,
        level: work.level,
        password: link.openPassword(work.password, attemptPurpose(attempt)),
        members,
        sink: archive,
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
        checksFirst,
        signal,
      });
      const storing = openSink(execution).store(archive, signal, { freeChunks: true });
      return { stored: await both(making, storing, archive), lost };
    };

    const { stored, lost } = await make(false).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!isLost(error)) throw error;
      log.warn({ code: error.code }, 'a source broke off in the archive: begun again, reading each before');
      return make(true);
    });
    log.info({ format: work.format, sizeBytes: stored.sizeBytes, sha256: stored.sha256 }, 'archive stored');
    // Before the archive: from its report on nothing more is done for this part.
    for (let at = 0; at < lost.length; at += rejectedPerReport)
      await execution.report({ type: 'rejected', entries: lost.slice(at, at + rejectedPerReport) });
    await execution.report({
      type: 'outputs',
      outputs: [
        { kind: 'file', index: 0, path: '', modifiedAtMs: Math.round(clock.nowMs()), mode: null, ...stored },
      ],
    });
    return { progress: { ...progress, phase: 'done' } };
  };
}

/** Each side fails when the other does; the failure that came first is the one that explains. */
async function both(
  making: Promise<void>,
  storing: Promise<StoredBlob>,
  archive: Transform,
): Promise<StoredBlob> {
  let first: unknown;
  const note = (error: unknown): never => {
    first ??= error;
    archive.destroy(error instanceof Error ? error : undefined);
    throw error;
  };
  const [made, stored] = await Promise.allSettled([making.catch(note), storing.catch(note)]);
  if (made.status === 'rejected' || stored.status === 'rejected') throw first;
  return stored.value;
}

async function* archiveMembers(
  execution: Execution,
  options: {
    openBlob: OpenBlob;
    onMember: (member: ArchiveMember, index: number) => void;
    onTotals: (totals: SourceTotals) => void;
  },
): AsyncGenerator<ArchiveMember> {
  const { attempt, link, signal, meter } = execution;
  const { openBlob, onMember, onTotals } = options;
  let index = 0;
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
