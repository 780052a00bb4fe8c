import type { TaskState } from '@longshore/protocol';
import { type Insertable, type Selectable, sql } from 'kysely';
import { type Db, nowMs } from '../../database/open-database.ts';
import type { Schema } from '../../database/schema.ts';
import { chunked } from '../chunked.ts';

export type NodeSample = Selectable<Schema['node_samples']>;

/** A stretch of time: `[atMs, atMs + stepMs)` by the database's clock. */
export type Stretch = { readonly stepMs: number; readonly atMs: number };

export async function databaseNowMs(db: Db): Promise<number> {
  const { now } = await db.selectNoFrom(nowMs.as('now')).executeTakeFirstOrThrow();
  return Number(now);
}

/** Counts what ended in the stretch, and what waits now. False when another master has done so already. */
export async function insertTaskSample(db: Db, { stepMs, atMs }: Stretch): Promise<boolean> {
  const untilMs = atMs + stepMs;
  const finished = (...states: TaskState[]) => sql<number>`(select count(*) from tasks
    where finished_at_ms >= ${atMs} and finished_at_ms < ${untilMs} and state in (${sql.join(states)}))`;
  const inserted = await db
    .insertInto('task_samples')
    .values({
      step_ms: stepMs,
      at_ms: atMs,
      submitted: sql<number>`(select count(*) from tasks where created_at_ms >= ${atMs} and created_at_ms < ${untilMs})`,
      completed: finished('completed', 'completed-with-errors'),
      failed: finished('failed'),
      canceled: finished('canceled'),
      queued: sql<number>`(select count(*) from parts where state = 'queued')`,
      running: sql<number>`(select count(*) from parts where state in ('leased', 'running', 'waiting'))`,
      oldest_wait_ms: sql<number>`(select coalesce(now_ms() - min(created_at_ms), 0) from parts where state = 'queued')`,
    })
    .onConflict((conflict) => conflict.columns(['step_ms', 'at_ms']).doNothing())
    .executeTakeFirst();
  return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function insertNodeSamples(
  db: Db,
  rows: readonly Insertable<Schema['node_samples']>[],
): Promise<void> {
  for (const some of chunked(rows, 500)) {
    await db
      .insertInto('node_samples')
      .values([...some])
      .onConflict((conflict) => conflict.columns(['node_id', 'step_ms', 'at_ms']).doNothing())
      .execute();
  }
}

/** Sums the samples of `fromStepMs` in a longer stretch up into one. False when another master has done so already. */
export async function rollUp(db: Db, { stepMs, atMs }: Stretch, fromStepMs: number): Promise<boolean> {
  // PostgreSQL takes a bare parameter in a select list for text.
  const begin = sql`cast(${stepMs} as bigint), cast(${atMs} as bigint)`;
  const within = sql`step_ms = ${fromStepMs} and at_ms >= ${atMs} and at_ms < ${atMs + stepMs}`;
  const mean = (column: string) => sql`cast(avg(${sql.ref(column)}) as double precision)`;
  const whole = (column: string) => sql`cast(round(avg(${sql.ref(column)})) as bigint)`;
  const summed = await sql`insert into task_samples
    (step_ms, at_ms, submitted, completed, failed, canceled, queued, running, oldest_wait_ms)
    select ${begin}, sum(submitted), sum(completed), sum(failed), sum(canceled),
      ${whole('queued')}, ${whole('running')}, max(oldest_wait_ms)
    from task_samples where ${within} having count(*) > 0
    on conflict do nothing`.execute(db);
  if ((summed.numAffectedRows ?? 0n) === 0n) return false;
  await sql`insert into node_samples
    (node_id, step_ms, at_ms, online, load1, cores, memory_free_bytes, memory_total_bytes,
      temp_free_bytes, temp_total_bytes, store_free_bytes, store_total_bytes, running, queued, skew_ms)
    select node_id, ${begin}, ${mean('online')}, ${mean('load1')}, max(cores),
      ${whole('memory_free_bytes')}, max(memory_total_bytes), ${whole('temp_free_bytes')}, max(temp_total_bytes),
      ${whole('store_free_bytes')}, max(store_total_bytes),
      ${mean('running')}, ${mean('queued')}, ${mean('skew_ms')}
    from node_samples where ${within} group by node_id
    on conflict do nothing`.execute(db);
  return true;
}

export async function deleteSamplesBefore(db: Db, { stepMs, atMs }: Stretch): Promise<void> {
  for (const table of ['task_samples', 'node_samples'] as const) {
    await db.deleteFrom(table).where('step_ms', '=', stepMs).where('at_ms', '<', atMs).execute();
  }
}

export const listTaskSamples = (db: Db, stepMs: number) =>
  db.selectFrom('task_samples').selectAll().where('step_ms', '=', stepMs).orderBy('at_ms').execute();

/** Of one node, or of all. */
export function listNodeSamples(db: Db, stepMs: number, nodeId: string | null) {
  const query = db.selectFrom('node_samples').selectAll().where('step_ms', '=', stepMs);
  return (nodeId === null ? query : query.where('node_id', '=', nodeId)).orderBy('at_ms').execute();
}
