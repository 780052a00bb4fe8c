import { type RawBuilder, sql } from 'kysely';
import { type Db, nowMs } from '../../database/open-database.ts';

/**
 * A blob that nothing refers to and nothing can refer to any more. It is in use when
 * - a file points at it;
 * - it is a source of a task (sources of ended tasks are forgotten first);
 * - a link to a zip holds it;
 * - it is an output of a task that has not ended: also of an earlier attempt, whose work is not done twice;
 * - it is staged by an attempt that holds its lease, or was staged otherwise only just now.
 */
const unused = (stagedGraceMs: number): RawBuilder<boolean> => sql<boolean>`
  not exists (select 1 from files f where f.blob_id = blobs.id)
  and not exists (select 1 from task_sources s where s.blob_id = blobs.id)
  and not exists (select 1 from zip_entries z where z.blob_id = blobs.id)
  and not exists (
    select 1 from outputs o join parts p on p.id = o.part_id join tasks t on t.id = p.task_id
    where o.blob_id = blobs.id and t.state in ('queued', 'running'))
  and not exists (
    select 1 from parts p where p.id = blobs.part_id and p.attempt = blobs.attempt
      and p.state in ('leased', 'running', 'waiting'))
  and (state = 'live' or part_id is not null or created_at_ms < ${nowMs} - cast(${stagedGraceMs} as bigint))`;

/** Looks at the next `scan` blobs by id, so that no statement holds the database for long. */
export async function findUnusedBlobs(
  db: Db,
  options: { after: string; scan: number; stagedGraceMs: number },
): Promise<{ unusedIds: string[]; last: string | null }> {
  const page = await sql<{ last: string | null; count: number }>`
    select max(id) as last, count(*) as count
    from (select id from blobs where id > ${options.after} order by id limit ${options.scan}) page`.execute(
    db,
  );
  const last = page.rows[0]?.last ?? null;
  if (last === null) return { unusedIds: [], last: null };
  const found = await sql<{ id: string }>`
    select id from blobs where id > ${options.after} and id <= ${last}
      and ${unused(options.stagedGraceMs)}`.execute(db);
  return { unusedIds: found.rows.map((row) => row.id), last };
}

/** Forgets those of the blobs that are still unused, in one statement; answers where their bytes are. */
export async function deleteUnusedBlobs(
  db: Db,
  options: { ids: readonly string[]; stagedGraceMs: number },
): Promise<{ id: string; storeId: string }[]> {
  if (options.ids.length === 0) return [];
  const deleted = await sql<{ id: string; storeId: string }>`
    delete from blobs where id in (${sql.join(options.ids)}) and ${unused(options.stagedGraceMs)}
    returning id, store_id as "storeId"`.execute(db);
  return deleted.rows;
}

/** A blob got its first reference while it was deleted: the deletion was refused, and tries again find it in use. */
export const isReferenceConflict = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === '23503' || error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY');

/** Sources hold their blobs until the task ends. */
export async function forgetSourcesOfEndedTasks(db: Db): Promise<void> {
  await sql`delete from task_sources where task_id in (
    select id from tasks where state not in ('queued', 'running')
      and exists (select 1 from task_sources s where s.task_id = tasks.id))`.execute(db);
}

/** Those of the ids that a blob or an unfinished upload has. */
export async function findKnownBlobs(db: Db, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const blobs = await db.selectFrom('blobs').select('id').where('id', 'in', ids).execute();
  const uploads = await db
    .selectFrom('uploads')
    .select('blob_id as id')
    .where('blob_id', 'in', ids)
    .execute();
  return new Set([...blobs, ...uploads].map((row) => row.id));
}
