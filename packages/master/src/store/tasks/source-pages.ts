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

/** Sources `from` (included) to `to` (excluded) by their ordinal. */
type SourceRange = { readonly from: number; readonly to: number };

/** A page of what a task reads, or of a range of it, with the sums of all of that. */
export async function listSources(
  db: Db,
  page: { taskId: string; from: number; within?: SourceRange | undefined },
): Promise<{ rows: SourcePageRow[]; next: number | null; totalBytes: number; totalEntries: number }> {
  const { from, to = null } = page.within ?? { from: 0 };
  const [rows, totals] = await Promise.all([
    selectSources(db)
      .where('task_sources.task_id', '=', page.taskId)
      .where('task_sources.ordinal', '>=', Math.max(page.from, from))
      .$if(to !== null, (query) => query.where('task_sources.ordinal', '<', to))
      .limit(pageSize)
      .execute(),
    db
      .selectFrom('task_sources')
      .select((eb) => [
        eb.fn.countAll<number>().as('entries'),
        eb.fn.coalesce(eb.fn.sum<number>('size_bytes'), eb.lit(0)).as('bytes'),
      ])
      .where('task_id', '=', page.taskId)
      .where('ordinal', '>=', from)
      .$if(to !== null, (query) => query.where('ordinal', '<', to))
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

/** All sources of a task, in their order, with what there is to read of each. */
export const listSourceSizes = (db: Db, taskId: string): Promise<{ index: number; bytes: number }[]> =>
  db
    .selectFrom('task_sources')
    .select(['ordinal as index', 'size_bytes as bytes'])
    .where('task_id', '=', taskId)
    .orderBy('ordinal')
    .execute();

/** The pieces of an archive that the parts of a task have made, in the order of the parts, as sources. */
export const listPieces = (db: Db, taskId: string): Promise<SourcePageRow[]> =>
  db
    .selectFrom('outputs')
    .innerJoin('parts', 'parts.id', 'outputs.part_id')
    .leftJoin('blobs', 'blobs.id', 'outputs.blob_id')
    .select([
      'parts.ordinal',
      'outputs.kind',
      'outputs.path',
      'outputs.blob_id',
      'outputs.size_bytes',
      'blobs.store_id',
      'blobs.sha256',
    ])
    .select((eb) => [eb.lit(0).as('modified_at_ms'), eb.lit(0).as('mode')])
    .where('parts.task_id', '=', taskId)
    .where('parts.state', '=', 'completed')
    .orderBy('parts.ordinal')
    .execute();
