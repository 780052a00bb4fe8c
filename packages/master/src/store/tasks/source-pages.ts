import type { Db } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';

const pageSize = 500;

/** A source of a task with the digest of its blob, in the order in which the task reads them. */
export type SourcePageRow = {
  ordinal: number;
  kind: 'file' | 'folder';
  path: string;
  modified_at_ms: number;
  mode: number;
  blob_id: string | null;
  size_bytes: number;
  store_id: string | null;
  sha256: string | null;
};

const selectSources = (db: Db) =>
  db
    .selectFrom('task_sources')
    .leftJoin('blobs', 'blobs.id', 'task_sources.blob_id')
    .select([
      'task_sources.task_id',
      'task_sources.ordinal',
      'task_sources.kind',
      'task_sources.path',
      'task_sources.modified_at_ms',
      'task_sources.mode',
      'task_sources.blob_id',
      'task_sources.size_bytes',
      'blobs.store_id',
      'blobs.sha256',
    ])
    .orderBy('task_sources.ordinal');

type Few = { readonly taskIds: readonly string[]; readonly most: number };

const selectFewSources = prepared((db, { taskIds, most }: Few, isOneOf) =>
  selectSources(db).where(isOneOf('task_sources.task_id', taskIds)).where('task_sources.ordinal', '<=', most),
);

/** All sources of those of the tasks that have at most `most`. */
export async function listFewSources(db: Db, options: Few): Promise<Map<string, SourcePageRow[]>> {
  const { rows } = await selectFewSources(db, options);
  const byTask = Map.groupBy(rows, (row) => row.task_id);
  for (const [taskId, sources] of byTask) if (sources.length > options.most) byTask.delete(taskId);
  return byTask;
}

export async function listSources(
  db: Db,
  page: { taskId: string; from: number },
): Promise<{ rows: SourcePageRow[]; next: number | null; totalBytes: number; totalEntries: number }> {
  const [rows, totals] = await Promise.all([
    selectSources(db)
      .where('task_sources.task_id', '=', page.taskId)
      .where('task_sources.ordinal', '>=', page.from)
      .limit(pageSize)
      .execute(),
    db
      .selectFrom('task_sources')
      .select((eb) => [
        eb.fn.countAll<number>().as('entries'),
        eb.fn.coalesce(eb.fn.sum<number>('size_bytes'), eb.lit(0)).as('bytes'),
      ])
      .where('task_id', '=', page.taskId)
      .executeTakeFirstOrThrow(),
  ]);
  const last = rows.at(-1);
  return {
    rows,
    next: rows.length === pageSize && last !== undefined ? last.ordinal + 1 : null,
    totalBytes: Number(totals.bytes),
    totalEntries: Number(totals.entries),
  };
}
