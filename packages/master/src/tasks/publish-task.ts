import { AppError } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { withSavepoint } from '../database/savepoint.ts';
import { type PublishableOutput, publishOutput, publishOutputs } from '../files/publish-outputs.ts';
import { listOutputs } from '../store/parts/report-rows.ts';
import type { TaskRow } from '../store/tasks/task-rows.ts';

const batchSize = 1_000;

export type Published = { outputs: string[]; changedFolder: string | null };

/**
 * Makes files of what the parts of a task have stored, in the caller's transaction. Answers the paths at the top of
 * what appeared and the folder whose content changed. Throws what keeps the outputs from being published: then nothing
 * has changed.
 */
export async function publishTask(tx: Db, task: TaskRow): Promise<Published> {
  if (task.kind === 'check') return { outputs: [], changedFolder: null };
  return withSavepoint(tx, () => publishStored(tx, task));
}

async function publishStored(tx: Db, task: TaskRow): Promise<Published> {
  const outputs = await listOutputs(tx, task.id);
  if (task.kind === 'create-archive') {
    // What it was joined from, if it was, comes before.
    const archive = outputs.at(-1);
    if (archive === undefined) throw new AppError('INTERNAL', `task ${task.id} ended without its archive`);
    const published = await publishOutput(tx, {
      userId: task.user_id,
      taskId: task.id,
      path: task.destination,
      conflict: task.conflict,
      output: toPublishable(archive),
    });
    return { outputs: published.topPaths, changedFolder: published.changedFolder };
  }
  const published = await publishOutputs(tx, {
    userId: task.user_id,
    taskId: task.id,
    folder: task.destination,
    conflict: task.conflict,
    outputs: batches(outputs.map(toPublishable)),
  });
  return { outputs: published.topPaths, changedFolder: published.changedFolder };
}

const toPublishable = (row: Awaited<ReturnType<typeof listOutputs>>[number]): PublishableOutput => ({
  kind: row.kind,
  path: row.path,
  blobId: row.blob_id,
  mode: row.mode,
  modifiedAtMs: row.modified_at_ms,
});

function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += batchSize) yield items.slice(from, from + batchSize);
}
