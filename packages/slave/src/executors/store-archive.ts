import type { Transform, Writable } from 'node:stream';
import type { StoredBlob } from '@longshore/protocol';
import type { Execution } from './executor.ts';
import type { ExecutorDependencies } from './executor-dependencies.ts';
import { limitedBytes } from './limited-bytes.ts';

/** Stores an archive while it is made, within the limit of the attempt. Nothing of it is kept when either fails. */
export async function storeArchive(
  { openSink }: ExecutorDependencies,
  execution: Execution,
  make: (sink: Writable) => Promise<void>,
): Promise<StoredBlob> {
  const archive = limitedBytes(execution.attempt.limits.maxOutputBytes);
  const making = make(archive);
  const storing = openSink(execution).store(archive, execution.signal, { freeChunks: true });
  return await both(making, storing, archive);
}

/** Reports the archive, which is the one output of a part. */
export const reportArchive = (
  { clock }: ExecutorDependencies,
  execution: Execution,
  stored: StoredBlob,
): Promise<void> =>
  execution.report({
    type: 'outputs',
    outputs: [
      { kind: 'file', index: 0, path: '', modifiedAtMs: Math.round(clock.nowMs()), mode: null, ...stored },
    ],
  });

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
