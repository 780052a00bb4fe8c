import type { Transform } from 'node:stream';
import type { Progress, StoredBlob } from '@longshore/protocol';
import { attemptPurpose } from '@longshore/protocol/server';
import { createArchive } from '../archive/create-archive.ts';
import type { ArchiveMember } from '../archive/ports.ts';
import { fetchSources, type SourceTotals } from '../transfer/fetch-sources.ts';
import type { OpenBlob } from '../transfer/open-blob.ts';
import type { Execution, Executor } from './executor.ts';
import type { ExecutorDependencies } from './executor-dependencies.ts';
import { limitedBytes } from './limited-bytes.ts';

/** Streams members → archive → store: the archive is being stored while it is made, without a temporary copy. */
export function createArchiveExecutor(dependencies: ExecutorDependencies): Executor<'create-archive'> {
  const { threads, openBlob, openSink, clock } = dependencies;
  return async (work, execution) => {
    const { attempt, link, signal, log } = execution;
    let totals: SourceTotals | null = null;
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
      return { ...progress, phase: 'done' };
    }

    const members = archiveMembers(execution, openBlob, (known) => {
      totals = known;
      log.info({ entries: known.totalEntries, bytes: known.totalBytes }, 'sources listed');
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
      onProgress: ({ bytesDone, entriesDone }) => {
        progress.bytesDone = bytesDone;
        progress.entriesDone = entriesDone;
        progress.bytesTotal = totals?.totalBytes ?? null;
        progress.entriesTotal = totals?.totalEntries ?? null;
        execution.progress({ ...progress });
      },
      signal,
    });
    const storing = openSink(attempt, link).store(archive, signal, { freeChunks: true });
    const stored = await both(making, storing, archive);
    log.info({ format: work.format, sizeBytes: stored.sizeBytes, sha256: stored.sha256 }, 'archive stored');
    await execution.report({
      type: 'outputs',
      outputs: [
        { kind: 'file', index: 0, path: '', modifiedAtMs: Math.round(clock.nowMs()), mode: null, ...stored },
      ],
    });
    return { ...progress, phase: 'done' };
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
  openBlob: OpenBlob,
  onTotals: (totals: SourceTotals) => void,
): AsyncGenerator<ArchiveMember> {
  const { attempt, link, signal } = execution;
  for await (const { source, renew } of fetchSources({ link, attempt, signal, onTotals })) {
    if (source.kind === 'folder') {
      yield source;
      continue;
    }
    const { kind, path, modifiedAtMs, mode, access } = source;
    yield { kind, path, modifiedAtMs, mode, source: await openBlob({ access, link, renew }) };
  }
}
