import type { Progress } from '@longshore/protocol';
import { joinZips } from '../archive/formats/zip/join-zips.ts';
import type { Executor } from './executor.ts';
import type { ExecutorDependencies } from './executor-dependencies.ts';
import { openFiles } from './open-files.ts';
import { reportArchive, storeArchive } from './store-archive.ts';

/** Streams pieces → archive → store, without a temporary copy. */
export function joinArchiveExecutor(dependencies: ExecutorDependencies): Executor<'join-archive'> {
  return async (_work, execution) => {
    const { signal, log } = execution;
    const progress: Progress = {
      phase: 'storing',
      bytesDone: 0,
      bytesTotal: null,
      entriesDone: 0,
      entriesTotal: 0,
    };
    // The archive was stored and reported, and the slave ended before it could say so.
    if ((await execution.storedOutputs()).has(0)) {
      log.info({}, 'the archive was stored by an earlier try');
      return { progress: { ...progress, phase: 'done' } };
    }
    const pieces = (await openFiles(execution, dependencies.openBlob)).map(({ source }) => source);
    progress.bytesTotal = pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    execution.progress({ ...progress });
    log.info({ pieces: pieces.length, bytes: progress.bytesTotal }, 'pieces listed');
    const stored = await storeArchive(dependencies, execution, (sink) =>
      joinZips({
        pieces,
        sink,
        onRead: (bytes) => {
          progress.bytesDone += bytes;
          execution.progress({ ...progress });
        },
        signal,
      }),
    );
    log.info({ sizeBytes: stored.sizeBytes, sha256: stored.sha256 }, 'archive joined and stored');
    await reportArchive(dependencies, execution, stored);
    return { progress: { ...progress, phase: 'done' } };
  };
}
