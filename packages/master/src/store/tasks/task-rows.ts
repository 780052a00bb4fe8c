import { AppError, type ErrorInfo, finalTaskStates, type TaskId, type UserId } from '@longshore/protocol';
import { type Insertable, type Selectable, sql } from 'kysely';
import { type Database, type Db, nowMs } from '../../database/open-database.ts';
import type { Schema } from '../../database/schema.ts';
import { chunked } from '../chunked.ts';

export type TaskRow = Selectable<Schema['tasks']>;
export type SourceRow = Omit<Selectable<Schema['task_sources']>, 'task_id' | 'ordinal'>;
export type NewTask = Omit<
  Insertable<Schema['tasks']>,
  'created_at_ms' | 'state' | 'rejected_entries' | 'outputs'
>;
export type NewPart = Pick<
  Insertable<Schema['parts']>,
  | 'id'
  | 'task_id'
  | 'user_id'
  | 'ordinal'
  | 'capability'
  | 'requested_node_id'
  | 'work'
  | 'progress'
  | 'temp_bytes'
  | 'priority'
>;

type KeyedRequest = Pick<Insertable<Schema['tasks']>, 'user_id' | 'request_hash'> & {
  readonly idempotency_key?: string | null;
};

/**
 * The task that the user has submitted under this idempotency key before. Throws `IDEMPOTENCY_MISMATCH` when it asked
 * for something else.
 */
export async function findSubmitted(db: Db, asked: KeyedRequest): Promise<TaskRow | undefined> {
  const key = asked.idempotency_key ?? null;
  if (key === null) return undefined;
  const earlier = await db
    .selectFrom('tasks')
    .selectAll()
    .where('user_id', '=', asked.user_id)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  if (earlier !== undefined && earlier.request_hash !== asked.request_hash) {
    throw new AppError('IDEMPOTENCY_MISMATCH', `the key "${key}" was used for another request`);
  }
  return earlier;
}

/** Inserts a task unless somebody has used its idempotency key meanwhile: then that task is answered. */
export async function insertTask(db: Db, task: NewTask): Promise<{ row: TaskRow; isNew: boolean }> {
  const inserted = await db
    .insertInto('tasks')
    .values({ ...task, state: 'queued', rejected_entries: 0, outputs: '[]', created_at_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (inserted !== undefined) return { row: inserted, isNew: true };
  const earlier = await findSubmitted(db, task);
  if (earlier === undefined) throw new RangeError('only an idempotency key keeps a task from being inserted');
  return { row: earlier, isNew: false };
}

/** SQLite allows 32 766 parameters in a statement. */
const idsPerQuery = 1_000;
const rowsPerInsert = 2_000;

export async function insertSources(db: Db, taskId: string, sources: readonly SourceRow[]): Promise<void> {
  for (let from = 0; from < sources.length; from += rowsPerInsert) {
    const rows = sources.slice(from, from + rowsPerInsert);
    await db
      .insertInto('task_sources')
      .values(rows.map((source, index) => ({ ...source, task_id: taskId, ordinal: from + index })))
      .execute();
  }
}

export async function sumSources(
  db: Db,
  taskId: string,
): Promise<{ entries: number; files: number; bytes: number; firstPath: string }> {
  const of = db.selectFrom('task_sources').where('task_id', '=', taskId);
  const sum = await of
    .select((eb) => [
      eb.fn.countAll<number>().as('entries'),
      eb.fn.count<number>('blob_id').as('files'),
      eb.fn.sum<number | null>('size_bytes').as('bytes'),
    ])
    .executeTakeFirstOrThrow();
  const first = await of.select('path').where('kind', '=', 'file').orderBy('ordinal').executeTakeFirst();
  return {
    entries: Number(sum.entries),
    files: Number(sum.files),
    bytes: Number(sum.bytes ?? 0),
    firstPath: first?.path ?? '',
  };
}

export async function insertParts(db: Db, parts: readonly NewPart[]): Promise<void> {
  await db
    .insertInto('parts')
    .values(
      parts.map((part) => ({
        ...part,
        state: 'queued' as const,
        attempt: 0,
        delivered: 0 as const,
        not_before_ms: 0,
        avoid_nodes: '[]',
        lost_leases: 0,
        created_at_ms: nowMs,
      })),
    )
    .execute();
}

/** A task of this user; with `userId` null, anybody's. Throws `TASK_NOT_FOUND`, for other people's tasks too. */
export async function requireTask(db: Db, options: { id: TaskId; userId: UserId | null }): Promise<TaskRow> {
  let query = db.selectFrom('tasks').selectAll().where('id', '=', options.id);
  if (options.userId !== null) query = query.where('user_id', '=', options.userId);
  const row = await query.executeTakeFirst();
  if (row === undefined) throw new AppError('TASK_NOT_FOUND', `there is no task ${options.id}`);
  return row;
}

/** Marks the first moment at which a node works on these tasks; nothing changes for those that have begun before. */
export async function startTasks(db: Db, taskIds: readonly string[]): Promise<void> {
  for (const some of chunked(taskIds, idsPerQuery)) {
    await db
      .updateTable('tasks')
      .set({ state: 'running', started_at_ms: nowMs })
      .where('id', 'in', some)
      .where('state', '=', 'queued')
      .execute();
  }
}

/** Ends a task. False when it has ended before: whoever ends it first decides how. The password is erased. */
export async function endTask(
  db: Db,
  end: {
    taskId: string;
    state: (typeof finalTaskStates)[number];
    error: ErrorInfo | null;
    rejectedEntries: number;
    outputs: readonly string[];
  },
): Promise<boolean> {
  const updated = await db
    .updateTable('tasks')
    .set({
      state: end.state,
      error: end.error === null ? null : JSON.stringify(end.error),
      rejected_entries: end.rejectedEntries,
      outputs: JSON.stringify(end.outputs),
      password_sealed: null,
      planned: 1,
      finished_at_ms: nowMs,
    })
    .where('id', '=', end.taskId)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

/** False when the task has not ended, or is not the user's. */
export async function deleteEndedTask(
  db: Db,
  options: { id: TaskId; userId: UserId | null },
): Promise<boolean> {
  let query = db.deleteFrom('tasks').where('id', '=', options.id).where('state', 'in', finalTaskStates);
  if (options.userId !== null) query = query.where('user_id', '=', options.userId);
  return (await query.executeTakeFirst()).numDeletedRows > 0n;
}

/** As literals, for the partial index of open tasks. */
const isOpen = sql<boolean>`tasks.state in ('queued', 'running')`;

/** Tasks that wait for their plan, oldest first. */
export const listUnplanned = (db: Db): Promise<TaskRow[]> =>
  db
    .selectFrom('tasks')
    .selectAll()
    .where(sql<boolean>`planned = 0`)
    .where('state', '=', 'queued')
    .orderBy('created_at_ms')
    .limit(50)
    .execute();

/** True for the one master that may insert the parts. */
export async function markPlanned(db: Db, taskId: string): Promise<boolean> {
  const updated = await db
    .updateTable('tasks')
    .set({ planned: 1 })
    .where('id', '=', taskId)
    .where('planned', '=', 0)
    .where('state', '=', 'queued')
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

/** Tasks whose parts have all ended but which have not: a master stopped in between. */
export async function listUnsettled(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('tasks')
    .select('id')
    .where(isOpen)
    .where('planned', '=', 1)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('parts')
            .select('parts.id')
            .whereRef('parts.task_id', '=', 'tasks.id')
            .where('parts.state', 'in', ['queued', 'leased', 'running', 'waiting']),
        ),
      ),
    )
    .limit(100)
    .execute();
  return rows.map((row) => row.id);
}

/** Those of the tasks that have not ended, locked so that each can end only once. */
export async function lockOpenTasks(
  db: Db,
  taskIds: readonly string[],
  dialect: Database['dialect'],
): Promise<TaskRow[]> {
  let query = db
    .selectFrom('tasks')
    .selectAll()
    .where('id', 'in', taskIds)
    .where('state', 'in', ['queued', 'running'])
    .orderBy('id');
  if (dialect === 'postgres') query = query.forUpdate();
  return query.execute();
}

/** Forgets ended tasks that ended long enough ago. Answers which. */
export async function deleteEndedTasks(
  db: Db,
  which: {
    userId: UserId | null;
    olderThanSeconds: number;
    states: readonly (typeof finalTaskStates)[number][];
  },
): Promise<{ id: string; userId: string }[]> {
  let query = db
    .deleteFrom('tasks')
    .where('state', 'in', which.states)
    .where('finished_at_ms', '<=', sql<number>`now_ms() - ${which.olderThanSeconds * 1000}`);
  if (which.userId !== null) query = query.where('user_id', '=', which.userId);
  return query.returning(['id', 'user_id as userId']).execute();
}

export const findTask = (db: Db, taskId: string): Promise<TaskRow | undefined> =>
  db.selectFrom('tasks').selectAll().where('id', '=', taskId).executeTakeFirst();

export async function findTasks(db: Db, taskIds: readonly string[]): Promise<TaskRow[]> {
  const rows: TaskRow[] = [];
  for (const some of chunked(taskIds, idsPerQuery)) {
    rows.push(...(await db.selectFrom('tasks').selectAll().where('id', 'in', some).execute()));
  }
  return rows;
}

/** Unfinished tasks of a user, or of everybody for null; the newest thousand. */
export async function listOpenTasks(db: Db, userId: string | null): Promise<{ id: string }[]> {
  let query = db.selectFrom('tasks').select('id').where(isOpen);
  if (userId !== null) query = query.where('user_id', '=', userId);
  return query.orderBy('created_at_ms', 'desc').limit(1000).execute();
}
